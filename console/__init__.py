"""The console of a fraud team: the API under /api/v1, and pages that use only this API.

- `access/`: rights, sign-in, users and tokens.
- `services/`: what the console does, over storage and the feedback topic, without HTTP.
- `results/`: types of what the API answers.
- `api/`: routes, which call services and map errors to status codes.
- `models/`: the process that scores stored transactions.
- `pages/`: the pages; `server.py` builds the application.
"""
