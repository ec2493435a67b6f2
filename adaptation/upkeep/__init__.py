"""What happens without a request: recalibration, expiry, retirement, and rollback of earlier changes."""
