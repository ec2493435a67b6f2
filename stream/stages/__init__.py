"""The stages that a transaction passes: one per entity, the last of which scores.

A stage reads a batch (`read`), folds its entity's profiles and fills in their features (`entity_stage`), and
turns the batch into outputs: for the next entity's partitions (`repartition`), or scored (`stream.scoring`).
"""
