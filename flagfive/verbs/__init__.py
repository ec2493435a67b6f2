"""One module per verb, each with `app`, a `typer.Typer`. A new verb is a module and a line here.

The line is what `flagfive --help` prints; the module is imported only when its verb is called.
"""

VERBS = {
    "demo": "Watch five flags become a live detector, on real parts.",
    "train": "Train base and evidence networks on labelled history.",
    "promote": "Put a trained base in force, or on trial.",
    "doctor": "Say what is missing, before anything is started.",
    "broker": "Run a Kafka broker of your own on this machine.",
    "topics": "Create the topics, or show how they are set.",
    "worker": "Score the stream: read, profile, score, emit.",
    "produce": "Send a CSV or Parquet file of transactions.",
    "simulate": "Send simulated payments, with the truth beside them.",
    "inspect": "Propose which column of a file means what.",
    "replay": "Backtest a labelled file: what would have happened.",
    "backtest": "Try a budget or draft episode on the last days of a file.",
    "recorder": "Write scores, alerts and control entries to the database.",
    "adapter": "Turn flags into detectors: adapt, calibrate, judge, announce.",
    "monitor": "Watch drift, quality and labels, and raise alarms.",
    "console": "Serve the page where analysts work, and its API.",
    "audit": "Check that nobody has changed the audit log.",
    "flag": "Flag transactions as one fraud pattern, and see it go live.",
    "label": "Confirm or reject transactions, in bulk too.",
    "lookback": "Show which earlier transactions a detector would have alerted.",
    "approve": "Put an episode into force that waits for a person.",
    "trials": "Show what detectors and bases on trial would have alerted.",
    "retire": "Take an episode out of force.",
    "rollback": "Undo the last change of a control entry.",
    "history": "Say what was in force at any moment, by whom and why.",
    "recompute": "Compute stored scores again, and compare bit for bit.",
    "status": "Show broker, lags, workers, detectors and scores on one screen.",
}
