"""ASGI middleware in front of API and pages: limits, security headers, and no page without a session."""
