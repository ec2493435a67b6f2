"""`flagfive demo`: the whole product on real parts, told as a story.

`stage` starts the processes, `traffic` sends simulated payments and knows which are fraud, `observer` reads
the scores and compares, `story` is what happens, `view` shows it.
"""
