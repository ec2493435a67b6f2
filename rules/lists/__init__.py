"""Named lists of ids: who is on them, until when and why, and whether a batch's ids are.

A list is divided into 256 buckets by the hash of its values. A change writes the buckets that it touches, so
its cost does not grow with the other values.
"""
