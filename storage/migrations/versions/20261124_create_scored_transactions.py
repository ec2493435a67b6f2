"""Create scored transactions, alerts and labels."""

import sqlalchemy as sa
from alembic import op

revision = "20261124_scored_transactions"
down_revision = None
branch_labels = None
depends_on = None

IDENTITY = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "scored_transactions",
        sa.Column("source_partition", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("source_offset", IDENTITY, nullable=False, autoincrement=False),
        sa.Column("transaction_id", sa.String, nullable=False),
        sa.Column("event_time", sa.Float(53), nullable=False),
        sa.Column("arrival", sa.Float(53), nullable=False),
        sa.Column("amount", sa.Float(53), nullable=False),
        sa.Column("currency", sa.String),
        sa.Column("category", sa.Integer, nullable=False),
        sa.Column("entities", sa.JSON, nullable=False),
        sa.Column("features", sa.LargeBinary, nullable=False),
        sa.Column("surprise", sa.Float(53), nullable=False),
        sa.Column("tail", sa.Float(53), nullable=False),
        sa.Column("decision", sa.SmallInteger, nullable=False),
        sa.Column("winner", sa.Integer, nullable=False),
        sa.Column("winner_id", sa.String),
        sa.Column("control_offset", IDENTITY, nullable=False),
        sa.PrimaryKeyConstraint("source_partition", "source_offset", name="pk_scored_transactions"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_scored_transactions_transaction_id", "scored_transactions", ["transaction_id"])
    op.create_index("ix_scored_transactions_event_time", "scored_transactions", ["event_time"])
    op.create_table(
        "alerts",
        sa.Column("id", IDENTITY, primary_key=True),
        sa.Column("source_partition", sa.Integer, nullable=False),
        sa.Column("source_offset", IDENTITY, nullable=False),
        sa.Column("transaction_id", sa.String, nullable=False),
        sa.Column("raised_at", sa.Float(53), nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
        sa.Column("status", sa.String, nullable=False, server_default="open"),
        sa.UniqueConstraint(
            "source_partition", "source_offset", name="uq_alerts_source_partition_source_offset"
        ),
    )
    op.create_index("ix_alerts_status_raised_at", "alerts", ["status", "raised_at"])
    op.create_index("ix_alerts_transaction_id", "alerts", ["transaction_id"])
    op.create_table(
        "labels",
        sa.Column("id", IDENTITY, primary_key=True),
        sa.Column("transaction_id", sa.String, nullable=False),
        sa.Column("verdict", sa.String, nullable=False),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("time", sa.Float(53), nullable=False),
        sa.Column("request_id", sa.String, nullable=False),
        sa.UniqueConstraint("request_id", "transaction_id", name="uq_labels_request_id_transaction_id"),
    )
    op.create_index("ix_labels_transaction_id", "labels", ["transaction_id"])


def downgrade() -> None:
    op.drop_table("labels")
    op.drop_table("alerts")
    op.drop_table("scored_transactions")
