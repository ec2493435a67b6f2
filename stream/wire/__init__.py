"""Kafka's record batches (message format v2) read and written as columns.

A general client builds one Python object per record, which costs more than all of flagfive's work on it. Here
a fetch becomes a few numpy arrays of positions in the fetched bytes, and a batch of outputs is written in one
pass. Source of the format: Apache Kafka protocol guide, "Record Batch", and KIP-98.
"""
