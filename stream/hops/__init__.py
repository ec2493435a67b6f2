"""The stages that a transaction passes: one per entity, the last of which scores.

A hop reads a span (`read`), folds its entity's profiles and fills in their features (`hop`), and sends the
batch on: to the next entity's partitions (`forward`), or scored into the world (`stream.scoring`).
"""
