"""Types of what the API answers: services return them, the API encodes them, pages decode them.

They hold data only. A field that is added here is a field of the public API.
"""
