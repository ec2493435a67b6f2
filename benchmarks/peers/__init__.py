"""Alternatives to flagfive, each a process that does the same work.

The product does not need these packages. `./run bench` creates an environment with them
(requirements/bench.txt). The benchmark starts each peer with `BROKER TOPIC OUTPUT COUNT WEIGHTS`. The peer
reads TOPIC from its beginning and writes scores to OUTPUT. It prints `first` when it receives its first
record, and `last` when it has processed COUNT records. It then waits until the benchmark kills it.
"""
