"""Loads history into a scorer before it sees the stream, and saves and restores its profiles."""
