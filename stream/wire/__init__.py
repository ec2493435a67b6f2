"""Kafka's record batches (message format v2) read and written as columns.

A general client builds one Python object per record, which costs more than everything flagfive does with it.
Here a whole fetch becomes a handful of numpy arrays of positions in the fetched bytes, and a whole batch of
answers is written in one pass. Source of the format: Apache Kafka protocol guide, «Record Batch», and KIP-98.
"""
