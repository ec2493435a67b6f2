"""All Prometheus metrics of the processes, one module for each process; names end in their unit.

Label values are bounded: causes, kinds, states, topics, partitions and names of features, never keys of
entities or ids of transactions. Only the monitor labels by detector, and only the busiest twenty.
"""
