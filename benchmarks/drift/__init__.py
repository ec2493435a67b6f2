"""Monitoring on staged drift and on ordinary weeks: what is alarmed, after how long, and what falsely."""
