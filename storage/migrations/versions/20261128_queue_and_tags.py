"""Store the queue and the tags that written rules give an alert."""

import sqlalchemy as sa
from alembic import op

revision = "20261128_queue_and_tags"
down_revision = "20261128_case_deadlines"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("queue", "tags"):
        op.add_column("alerts", sa.Column(name, sa.String(), server_default="", nullable=False))
    op.create_index("ix_alerts_queue_status_priority", "alerts", ["queue", "status", "priority"])


def downgrade() -> None:
    op.drop_index("ix_alerts_queue_status_priority", "alerts")
    for name in ("queue", "tags"):
        op.drop_column("alerts", name)
