"""Profiles survive a crash: changed rows go to a compacted topic, with the input offset that they include.

The ids that the first stage has seen go there too, in chunks (`id_checkpoint`).

A profile is a fold over the input, so no event is logged. Recovery reads the rows, replays the input from
their offset, and continues.
"""
