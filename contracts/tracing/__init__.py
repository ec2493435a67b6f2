"""Traces: a transaction or an episode under one id through all that handles it."""
