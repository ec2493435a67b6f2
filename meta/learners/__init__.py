"""Meta-learners for any task: fraud is one use, sines and digits are others.

Gradient learners move a network's parameters by a few steps on the support. Metric learners compare queries
with the support. A network is a function of explicit parameters, so a batch of tasks is that function mapped.
"""
