"""Every message, table schema and metric that two processes share, defined once.

A change to a message raises its `version`, and its reader accepts the version before: during a rolling
upgrade, old and new processes run side by side. `tests/contract/messages/` keeps bytes of each version.
This room imports no other room.
"""
