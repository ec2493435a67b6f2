"""Monitoring: drift of traffic and scores, detection quality from labels, and alarms.

One process reads SQL on a schedule. It stores its measurements in the table `measurements` and serves them as
metrics. It keeps no other state, so it may stop and start at any time.
"""
