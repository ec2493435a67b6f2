"""A team's own history through the code that runs live.

`mapping` says which column means what, `table` reads files larger than memory.
"""
