"""A closed form whose penalties, token weights and prior mean come from one small trained network.

The network reads statistics of each token (`token_statistics`), never which token it is. So one artifact
works for any number of tokens and any schema. `closed_form` solves, `prior_model` holds the trained network,
`tables` and `attacks` generate the tasks of `prior_training`.
"""
