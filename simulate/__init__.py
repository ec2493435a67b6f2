"""Card traffic with ground truth: genuine cards with habits, and fraud in documented patterns.

`population` says who pays where, `genuine` lets them live, `patterns` holds one recipe of fraud a file, and
`traffic` mixes all of it in event-time order. The truth stands beside the payments, never in a message.
"""
