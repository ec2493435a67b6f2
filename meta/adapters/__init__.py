"""Algorithms that turn an episode into a detector: one file each, one protocol, one contract suite.

`registry` finds every module of this folder that declares `ADAPTERS`.
"""
