"""Simulated card traffic with ground truth: genuine cards with habits, and documented patterns of fraud.

`population` creates cards and merchants, `genuine` their payments, and `patterns` the fraud, one recipe per
file. `traffic` merges all of it in event-time order. The truth is stored beside the payments, never in a
message.
"""
