"""The `flagfive` command. It connects settings, processes and the other rooms.

`main.py` is the entry and knows the verbs by name only, so that `--help` loads nothing heavy. `verbs/`
holds one module per verb. `processes.py` starts and stops child processes. `own_broker.py`, `java.py` and
`jars.py` run a Kafka broker on this machine. `topic_plan.py` defines the topics.
"""

import os

# Use plain help texts: framed ones load the Markdown renderer of rich, which takes 0.3 s.
os.environ.setdefault("TYPER_USE_RICH", "0")
# Adapting solves matrices of some hundred columns. On a busy machine the threads of OpenBLAS wait for each
# other: five flags took 460 ms of processor time with two threads, and take 34 ms with one.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
