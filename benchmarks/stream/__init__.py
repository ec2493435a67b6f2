"""Throughput, latency and growth of the stream, compared with its alternatives.

`./run bench stream [--json FILE]` starts one broker, fills one topic, and gives every row the same work:
decode a transaction, keep three decayed counts and sums per card, run a 64-64 network, encode, produce.

- `task` defines the work.
- `work_stage` does it in flagfive, `benchmarks/peers` in the peers.
- `rows` lists the contestants, `measure` times them.
- `latency` and `growth` measure latency and growth.
"""
