"""Create the deliveries of webhooks, and who sends them."""

import sqlalchemy as sa
from alembic import op

revision = "20261128_webhooks"
down_revision = "20261128_queue_and_tags"
branch_labels = None
depends_on = None

IDENTITY = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", IDENTITY, primary_key=True),
        sa.Column("endpoint", sa.String, nullable=False),
        sa.Column("event", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("transaction_id", sa.String),
        sa.Column("queued_at", sa.Float(53), nullable=False),
        sa.Column("next_at", sa.Float(53), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("sent_at", sa.Float(53)),
        sa.Column("failed_at", sa.Float(53)),
        sa.Column("status", sa.Integer),
        sa.Column("cause", sa.String),
        sa.UniqueConstraint("endpoint", "event", name="uq_webhook_deliveries_endpoint_event"),
    )
    for columns in (
        ["endpoint", "sent_at", "failed_at", "next_at"], ["endpoint", "subject"], ["transaction_id"],
    ):  # fmt: skip
        op.create_index(f"ix_webhook_deliveries_{'_'.join(columns)}", "webhook_deliveries", columns)
    op.create_table(
        "webhook_senders",
        sa.Column("endpoint", sa.String, primary_key=True),
        sa.Column("holder", sa.String, nullable=False),
        sa.Column("until", sa.Float(53), nullable=False),
        sa.Column("position", IDENTITY, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("webhook_senders")
    op.drop_table("webhook_deliveries")
