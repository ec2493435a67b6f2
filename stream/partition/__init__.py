"""One input partition's life: take it over, recover its profiles, process its batches, commit, hand it back.

Partitions progress independently, a task each: a commit waits on the broker, and partitions in a row would
add those waits up.
"""
