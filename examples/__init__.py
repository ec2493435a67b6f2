"""Other uses of the meta-learning core: each file is one task with its baselines and results.

The examples use `meta.learners` alone, the same code that learns from flags. `./run examples` measures all
examples.
"""
