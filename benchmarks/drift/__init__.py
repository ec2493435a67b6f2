"""Monitoring on staged drift and on ordinary weeks: alarms raised, time to each alarm, and false alarms."""
