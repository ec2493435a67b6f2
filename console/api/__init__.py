"""The routes of /api/v1, one file per resource, its models beside it; each route declares its right."""
