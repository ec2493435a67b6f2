"""The decision API: answers one transaction, or up to 1,000, with the scorer's own result.

The gateway writes each transaction to `transactions`, as every producer does, and reads its score from the
scorer's output. It computes no score. `http/` speaks to callers, `intake.py` takes transactions in,
`correlator.py` matches scores with the requests that wait for them, and `kafka/` reads and writes the topics.
"""
