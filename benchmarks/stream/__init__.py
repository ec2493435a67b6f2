"""Throughput, latency and growth of the stream, beside what a user would pick instead.

`./run bench stream [--json FILE]` starts one broker, fills one topic, and gives every row the same work:
decode a transaction, keep three decayed counts and sums per card, run a 64-64 network, encode, produce. The
task is in `task`, flagfive's way of doing it in `work_stage`, the peers' in `benchmarks/peers`; `row` says
what is raced, `measure` how. Latency and growth have a module each.
"""
