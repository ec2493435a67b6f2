"""The history store: rows a second into Parquet, and a look-back over stored rows."""
