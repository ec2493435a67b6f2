"""Webhooks: events for other systems, signed, sent again until they arrive, and logged."""
