"""One module per verb, each with an `app` of type `typer.Typer`. A new verb needs a module and a line here.

`flagfive --help` prints the line; the module is imported only when its verb runs.
"""

VERBS = {
    "demo": "Watch five flags become a live detector, with a real broker.",
    "train": "Train base and evidence networks on labelled history.",
    "prior": "Train the prior of the adapter prior-ridge anew.",
    "promote": "Put a trained base in force, or on trial.",
    "doctor": "Check that everything is in place before the start.",
    "broker": "Run a Kafka broker on this machine.",
    "acls": "Print the rights that each process needs on a secured cluster.",
    "topics": "Create the topics, or show them.",
    "worker": "Score the stream: read, profile, score, emit.",
    "produce": "Send a CSV or Parquet file of transactions.",
    "simulate": "Send simulated payments; a separate file holds the truth.",
    "inspect": "Propose a mapping for the columns of a file.",
    "replay": "Backtest detection on a labelled file.",
    "backtest": "Try a budget or an episode on the last days of a file.",
    "recorder": "Write scores, alerts and control entries to the database.",
    "adapter": "Turn flags into detectors: adapt, calibrate, judge, announce.",
    "monitor": "Watch drift, quality and labels, and raise alarms.",
    "console": "Serve the analyst console, pages and API.",
    "audit": "Verify the audit log.",
    "flag": "Flag transactions as one fraud pattern, and see it go live.",
    "label": "Confirm or reject transactions, in bulk too.",
    "lookback": "Show which earlier transactions a detector would have alerted.",
    "approve": "Put an episode into force that waits for a person.",
    "trials": "Show what detectors and bases on trial would have alerted.",
    "retire": "Take an episode out of force.",
    "rollback": "Undo the last change of a control entry.",
    "outbox": "Show, retry or discard requests that could not be sent.",
    "history": "Show what was in force at any time, who changed it, and why.",
    "restore": "Write a lost control log again from the database.",
    "keys": "Show, make, exchange and retire keys.",
    "recompute": "Recompute stored scores and compare them bit for bit.",
    "status": "Show broker, lags, workers, detectors and scores on one screen.",
}
