"""The HTTP side of the decision API: an ASGI application without a framework.

A framework would cost more than all the rest of a request: FastAPI needs about 0.2 ms for one.
"""
