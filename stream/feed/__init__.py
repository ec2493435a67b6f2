"""Transactions into Kafka: files and simulated traffic, at a rate or as fast as it goes."""
