"""The routes of /api/v1: one file per resource, with its payloads. Each route declares the right it needs."""
