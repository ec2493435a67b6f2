"""What a user would pick instead of flagfive, each doing the same work as a process of its own.

Nothing of the product needs these packages; `./run bench` makes an environment that has them
(requirements/bench.txt). Each peer is started with `BROKER TOPIC OUTPUT COUNT WEIGHTS`, reads TOPIC from its
beginning, writes scores to OUTPUT, prints `first` when it has its first record in hand and `last` when it has
dealt with COUNT of them, and then waits to be ended.
"""
