"""Is detection still what it was: drift of traffic and scores, quality once labels have come, alarms.

One process reads SQL on a schedule. What it measures is stored in the table `measurements` and served as
metrics; all it knows of the past it reads from there, so it may stop and start at any time.
"""
