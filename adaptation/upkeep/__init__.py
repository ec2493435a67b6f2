"""Taking changes back (retire, roll back), and work by the clock (recalibrate, expire, delete)."""
