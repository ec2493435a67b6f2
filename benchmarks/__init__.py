"""Benchmarks of speed and accuracy, compared with other tools.

Each benchmark is a folder. It prints a table, and writes JSON on request.
"""
