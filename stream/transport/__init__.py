"""A Faust transport that delivers one event per fetch of a partition instead of one per record.

Faust keeps what it is good at (membership, assignment, agents, lifecycle); bytes stay bytes until a kernel
reads them. Registered under the URL scheme `batches://`.
"""
