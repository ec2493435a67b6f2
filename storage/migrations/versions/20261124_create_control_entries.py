"""Create the table of control entries, and the outbox of messages to Kafka."""

import sqlalchemy as sa
from alembic import op

revision = "20261124_control_entries"
down_revision = "20261124_episodes"
branch_labels = None
depends_on = None

IDENTITY = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "control_entries",
        sa.Column("control_offset", IDENTITY, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("entry_id", sa.String, nullable=False),
        sa.Column("parent", sa.String),
        sa.Column("content_hash", sa.String, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("time", sa.Float(53), nullable=False),
        sa.Column("sequence", IDENTITY, nullable=False),
        sa.Column("retired", sa.Boolean, nullable=False),
        sa.Column("value", sa.LargeBinary, nullable=False),
    )
    op.create_index("ix_control_entries_kind_entry_id", "control_entries", ["kind", "entry_id"])
    op.create_index("ix_control_entries_time", "control_entries", ["time"])
    op.create_table(
        "outbox",
        sa.Column("id", IDENTITY, primary_key=True),
        sa.Column("topic", sa.String, nullable=False),
        sa.Column("key", sa.LargeBinary),
        sa.Column("value", sa.LargeBinary),
        sa.Column("created_at", sa.Float(53), nullable=False),
        sa.Column("sent_at", sa.Float(53)),
        sa.Column("sent_offset", IDENTITY),
    )
    op.create_index("ix_outbox_sent_at", "outbox", ["sent_at"])


def downgrade() -> None:
    op.drop_table("outbox")
    op.drop_table("control_entries")
