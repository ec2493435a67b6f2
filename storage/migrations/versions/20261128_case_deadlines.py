"""Give cases a priority, a deadline, and the case that they were merged into."""

import sqlalchemy as sa
from alembic import op

revision = "20261128_case_deadlines"
down_revision = "20261128_scored_at"
branch_labels = None
depends_on = None

IDENTITY = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.add_column("cases", sa.Column("priority", sa.String, nullable=False, server_default="normal"))
    op.add_column("cases", sa.Column("due_at", sa.Float(53), nullable=True))
    op.add_column("cases", sa.Column("merged_into", IDENTITY, nullable=True))
    op.add_column("cases", sa.Column("merge", sa.JSON, nullable=True))
    op.create_index("ix_cases_due_at", "cases", ["due_at"])
    op.create_index("ix_cases_merged_into", "cases", ["merged_into"])
    op.create_index("ix_case_alerts_alert_id", "case_alerts", ["alert_id"])


def downgrade() -> None:
    op.drop_index("ix_case_alerts_alert_id", "case_alerts")
    op.drop_index("ix_cases_merged_into", "cases")
    op.drop_index("ix_cases_due_at", "cases")
    for name in ("merge", "merged_into", "due_at", "priority"):
        op.drop_column("cases", name)
