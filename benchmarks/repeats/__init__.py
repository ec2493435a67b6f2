"""Measures what it costs to find transactions that come again."""
