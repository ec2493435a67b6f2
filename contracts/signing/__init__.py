"""Signatures on messages: who sent a request, an answer or an acknowledgement, and whether they may.

A *principal* is a process, a person or a system with a key of its own. `principals` says what each may send,
`trust` signs and verifies, `keys` has the keys themselves.
"""
