"""The stages of a transaction: one per entity, and the return stage, which scores.

1. An entity stage reads a batch (`record_readers`): JSON on the first stage, Arrow on the others. The first
   stage leaves out transactions that came before (`repeats`).
2. It folds the batch into its entity's profiles and fills in their features (`entity_stage`).
3. It builds outputs (`output_builder`) for the partitions of the next stage (`repartitioner`).
4. The return stage puts transactions back into the order of their card (`resequence`, `return_stage`). The
first
   stage sends it a notice of each batch (`batch_notice`), so that it knows when a batch is complete.
5. It scores them (`stream.scoring.scorer`).

With a single entity there is no return stage: the entity stage scores. Records and transactions that cannot
be processed become dead letters (`dead_letters`, `poison`).
"""
