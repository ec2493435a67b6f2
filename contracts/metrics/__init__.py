"""Every metric of flagfive's processes, one module for each process; names end in their unit.

Labels are bounded: causes, kinds, states, topics, partitions and names of features, never keys of entities or
transactions. The monitor alone labels by detector, and only the busiest twenty.
"""
