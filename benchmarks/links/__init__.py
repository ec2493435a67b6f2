"""Measures what it costs to count different partners in 7 days, and how far estimates are off."""
