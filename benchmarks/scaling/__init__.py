"""Time and memory of work on history, as the history grows."""
