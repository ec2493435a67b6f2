"""Learning from a handful of flags: base, adapters, calibration, gate, training and evaluation.

Arrays in, arrays out: nothing here knows about Kafka, SQL or HTTP, nor where a feature comes from. A feature
matrix is float32 (rows, features) in raw units; what a column is called is known, what computed it is not.
"""
