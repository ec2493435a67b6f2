"""Store what raised an alert apart from the threshold, for the budget that rules and models share."""

import sqlalchemy as sa
from alembic import op

revision = "20261128_cause_of_alerts"
down_revision = "20261128_webhooks"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("alerts", sa.Column("cause", sa.String(), server_default="", nullable=False))
    op.create_index("ix_alerts_raised_at_scorer", "alerts", ["raised_at", "scorer", "cause", "status"])


def downgrade() -> None:
    op.drop_index("ix_alerts_raised_at_scorer", "alerts")
    op.drop_column("alerts", "cause")
