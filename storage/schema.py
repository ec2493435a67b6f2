"""Loads all tables, for the migrations and for the test that compares models with migrations."""

from importlib import import_module

from storage.table import TableBase

MODULES = (
    "alerts",
    "api_tokens",
    "approvals",
    "audit_log",
    "cases",
    "control_entries",
    "detectors",
    "episodes",
    "handled_requests",
    "labels",
    "measurements",
    "notes",
    "outbox",
    "policies",
    "saved_views",
    "scored_transactions",
    "second_factors",
    "shadow_alerts",
    "sign_in_failures",
    "topic_generations",
    "users",
    "web_sessions",
    "webhooks",
)
for name in MODULES:
    import_module(f"storage.{name}")
METADATA = TableBase.metadata
