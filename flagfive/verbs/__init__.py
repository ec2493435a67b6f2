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
    "produce": "Send a file of transactions.",
    "simulate": "Send simulated payments; a separate file holds the truth.",
    "inspect": "Propose a mapping for the columns of a file.",
    "import": "Load labelled history, so that live scoring starts warm.",
    "profiles": "Save the profiles of a scorer to a file, and restore them.",
    "replay": "Backtest detection on a labelled file.",
    "backtest": "Try a budget or an episode on the last days of a file.",
    "features": "Compute the features of a history, here or on Spark.",
    "recorder": "Write scores, alerts and control entries to the database.",
    "adapter": "Turn flags into detectors: adapt, calibrate, judge, announce.",
    "stored": "Show, fill and keep in order the history store.",
    "monitor": "Watch drift, quality and labels, and raise alarms.",
    "console": "Serve the analyst console, pages and API.",
    "decide": "Answer payments over HTTP with a decision.",
    "audit": "Verify the audit log, and anchor its end in another place.",
    "database": "Migrate the tables; divide a PostgreSQL database among roles.",
    "flag": "Flag transactions as one fraud pattern, and see it go live.",
    "label": "Confirm or reject transactions, in bulk too.",
    "lookback": "Show which earlier transactions a detector would have alerted.",
    "approve": "Put an episode into force that waits for a person.",
    "trials": "Show what is on trial, and what it would have alerted.",
    "retire": "Take an episode out of force.",
    "rollback": "Undo the last change of a control entry.",
    "webhooks": "Show, test and retry what is sent to other systems.",
    "outbox": "Show, retry or discard requests that could not be sent.",
    "history": "Show what was in force at any time, who changed it, and why.",
    "restore": "Write a lost control log again from the database.",
    "keys": "Show, make, exchange and retire keys.",
    "suppress": "Silence an entity, a detector or a rule until a time.",
    "lists": "Keep lists of ids that are allowed, blocked or watched.",
    "personal": "Export or erase all that is stored about a card.",
    "rules": "Write rules that decide beside the detectors, and try them.",
    "policy": "Say which surprise is reviewed and declined, by segment.",
    "recompute": "Recompute stored scores and compare them bit for bit.",
    "evidence": "Make, check and list evidence for reviewers.",
    "status": "Show broker, lags, workers, detectors and scores on one screen.",
}

_NAMES_KEPT_BY_PYTHON = {"import": "import_history"}


def module_of(verb: str) -> str:
    """Return the module of a verb."""
    return f"flagfive.verbs.{_NAMES_KEPT_BY_PYTHON.get(verb, verb)}"
