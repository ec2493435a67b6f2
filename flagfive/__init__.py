"""The `flagfive` command: the edge where settings, processes and the packages meet.

`main.py` is the entry and knows the verbs by name only, so that `--help` loads nothing heavy;
`verbs/` holds one module per verb; `processes.py` starts and ends child processes; `own_broker.py`,
`java.py` and `jars.py` run a Kafka broker for those who have none; `topic_plan.py` says what topics exist.
"""

import os

# Plain help: typer's framed one loads rich's Markdown first, 0.3 s before a word is printed.
os.environ.setdefault("TYPER_USE_RICH", "0")
