"""Imports what training a network needs, once for all processes that are forked from this one.

They share its memory: torch alone takes 300 MiB that are not pages of a file.
"""

import gc
import os
from importlib import import_module

# The optimisers of torch import torch._dynamo when they are made: 880 modules.
os.environ["OMP_NUM_THREADS"] = "1"  # read by torch and LightGBM when they are imported
for name in ("replay.contenders", "sklearn.linear_model", "meta.base_training", "torch._dynamo"):
    import_module(name)
gc.collect()
gc.freeze()  # a collection would write to the pages of every object, and so copy them
