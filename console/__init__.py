"""Where a fraud team works: the API under /api/v1, and the pages that use nothing but this API.

`access/` says who may do what, `services/` does it over storage and the feedback topic without any HTTP,
`api/` turns requests into calls of services and errors into status codes, `pages/` shows it; `server.py`
puts them together.
"""
