"""What the block rule finds at compromised terminals, and what it costs."""
