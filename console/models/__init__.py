"""Computations with models, in a process of their own.

Scoring weeks of transactions takes seconds, and torch takes hundreds of megabytes; pages must not wait for
either. `process` sends requests to the child, `work` runs in it, `results` holds the types they exchange.
"""
