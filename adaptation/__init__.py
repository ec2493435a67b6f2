"""The adaptation worker: from flags on the `feedback` topic to a detector that scores on every partition.

`worker` runs the process. `intake` checks and dispatches requests. `proposing` keeps scored traffic at hand,
makes the detector and has the gate judge it. `going_live` stores, announces and follows it until every
partition has acknowledged it; `flag_steps` numbers these steps. `upkeep` is what happens by the clock, and
what takes detectors out of force. `context` holds what all of them share.
"""
