"""Backtests on stored or file history, by the code that runs live.

`mapping` names the columns of a file, and `table` reads files that are larger than memory. `protocols` lists
what a replay can do.
"""
