"""Hostile bytes for every decoder. By hand: `python -m tests.fuzz --seconds 3600`."""
