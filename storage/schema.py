"""All tables in one place, for migrations and for the test that holds models against migrations."""

from storage import (
    alerts,
    audit_log,
    control_entries,
    detectors,
    episodes,
    labels,
    measurements,
    outbox,
    scored_transactions,
    shadow_alerts,
    users,
    web_sessions,
)
from storage.table import Table

MODULES = (
    alerts,
    audit_log,
    control_entries,
    detectors,
    episodes,
    labels,
    measurements,
    outbox,
    scored_transactions,
    shadow_alerts,
    users,
    web_sessions,
)
METADATA = Table.metadata
