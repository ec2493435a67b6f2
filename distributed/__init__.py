"""History on a Spark cluster: thin jobs over the kernels that score live.

Spark moves and sorts the rows; reading and folding are the code of `replay/` and `features/`, called on Arrow
batches. PySpark is needed only here, and imported only where a job starts.
"""
