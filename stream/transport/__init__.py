"""A Faust transport that delivers one event per fetch of a partition instead of one per record.

Faust does membership, assignment, agents and lifecycle. Bytes stay bytes until a kernel reads them.
Registered under the URL scheme `batches://`.
"""
