"""The pages that a fraud team works in: one file per page, and what they share beside them.

Pages ask the API alone, with the session of whoever looks at them, so they can show and do nothing that the
API would not let that person see and do. What runs in the browser stands in `static/`; nothing is loaded from
another host.
"""
