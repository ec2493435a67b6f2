"""One input partition's life: take it over, recover its profiles, process its batches, commit, hand it back.

Each partition has a task of its own. A commit waits for the broker, and partitions processed one after the
other would add up these waits.
"""
