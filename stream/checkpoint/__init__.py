"""Profiles survive a crash: changed rows go to a compacted topic together with the offset they stand for.

A profile is a fold over the log, so it is recovered, not logged per event: read the rows, replay the input
from their offset, go on.
"""
