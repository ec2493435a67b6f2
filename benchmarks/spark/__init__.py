"""Features of a file on Spark, beside one process here."""
