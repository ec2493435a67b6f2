"""Other uses of the meta-learning core: each file is one task, its baselines, and what came of it.

They import `meta.learners` alone, the same code that learns from flags. `./run examples` measures all of
them.
"""
