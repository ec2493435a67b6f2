"""Create shadow alerts: what detectors and bases on trial would have alerted."""

import sqlalchemy as sa
from alembic import op

revision = "20261124_shadow_alerts"
down_revision = "20261124_audit_log"
branch_labels = None
depends_on = None

IDENTITY = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "shadow_alerts",
        sa.Column("id", IDENTITY, primary_key=True),
        sa.Column("shadow", sa.String, nullable=False),
        sa.Column("source_partition", sa.Integer, nullable=False),
        sa.Column("source_offset", IDENTITY, nullable=False),
        sa.Column("transaction_id", sa.String, nullable=False),
        sa.Column("event_time", sa.Float(53), nullable=False),
        sa.Column("amount", sa.Float(53), nullable=False),
        sa.Column("surprise", sa.Float(53), nullable=False),
        sa.Column("alerted", sa.Boolean, nullable=False),
        sa.Column("control_offset", IDENTITY, nullable=False),
        sa.UniqueConstraint(
            "shadow",
            "source_partition",
            "source_offset",
            name="uq_shadow_alerts_shadow_source_partition_source_offset",
        ),
    )
    op.create_index("ix_shadow_alerts_shadow_event_time", "shadow_alerts", ["shadow", "event_time"])


def downgrade() -> None:
    op.drop_table("shadow_alerts")
