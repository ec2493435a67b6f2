"""`flagfive demo`: the whole product with a real broker, played as a story.

`stage` starts the processes. `traffic` sends simulated payments and knows which are fraud. `observer` reads
the scores and compares them with the truth. `story` runs the steps, and `view` shows them.
"""
