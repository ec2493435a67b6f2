"""Meta-learners for any task: arrays in, arrays out. Fraud is one use, sines and digits are others.

Gradient learners move a network's parameters by a few steps on the support; metric learners compare with what
the support looks like. A network is a function of explicit parameters, so a batch of tasks is that function
mapped.
"""
