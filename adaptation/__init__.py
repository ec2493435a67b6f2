"""The adaptation worker: from flags on the `feedback` topic to a detector that scores on every partition.

`feedback` says what is asked and answered, `intake` checks it against what is stored, `recent_traffic` and
`prepared` keep scored traffic at hand, `proposal` makes the detector and has the gate judge it, `flagging`
walks the steps, `settling` watches until the detector is live everywhere, and `worker` runs it all.
"""
