"""What a transaction is and what its history says about it.

Bytes become columns (`schema`, `decode`), entities keep running profiles (`slots`, `profiles`, `kernels`),
and both become a vector of named features (`vector`). The same code runs live, in replay and in training. Its
results do not depend on how the stream was cut into batches.
"""
