"""Send transactions to Kafka, from files or simulated traffic, at a rate or as fast as possible."""
