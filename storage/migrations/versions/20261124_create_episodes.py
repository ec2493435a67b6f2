"""Create episodes with their transactions, detectors and bases."""

import sqlalchemy as sa
from alembic import op

revision = "20261124_episodes"
down_revision = "20261124_scored_transactions"
branch_labels = None
depends_on = None

IDENTITY = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "episodes",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("request_id", sa.String, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("flagged_at", sa.Float(53), nullable=False),
        sa.Column("detector_id", sa.String),
        sa.Column("control_offset", IDENTITY),
        sa.Column("flag_to_adapted_ms", sa.Float(53)),
        sa.Column("flag_to_live_ms", sa.Float(53)),
        sa.Column("details", sa.JSON, nullable=False),
        sa.UniqueConstraint("request_id", name="uq_episodes_request_id"),
    )
    op.create_index("ix_episodes_status", "episodes", ["status"])
    op.create_index("ix_episodes_name", "episodes", ["name"])
    op.create_table(
        "episode_transactions",
        sa.Column("episode_id", sa.String, nullable=False),
        sa.Column("transaction_id", sa.String, nullable=False),
        sa.Column("role", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("episode_id", "transaction_id", name="pk_episode_transactions"),
        sa.ForeignKeyConstraint(
            ["episode_id"],
            ["episodes.id"],
            ondelete="CASCADE",
            name="fk_episode_transactions_episode_id_episodes",
        ),
    )
    op.create_table(
        "detectors",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("episode_id", sa.String, nullable=False),
        sa.Column("parent", sa.String),
        sa.Column("adapter", sa.String, nullable=False),
        sa.Column("content_hash", sa.String, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("threshold", sa.Float(53)),
        sa.Column("gate", sa.JSON, nullable=False),
        sa.Column("created_at", sa.Float(53), nullable=False),
        sa.Column("control_offset", IDENTITY),
        sa.ForeignKeyConstraint(["episode_id"], ["episodes.id"], name="fk_detectors_episode_id_episodes"),
    )
    op.create_index("ix_detectors_status", "detectors", ["status"])
    op.create_index("ix_detectors_episode_id", "detectors", ["episode_id"])
    op.create_table(
        "bases",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("content_hash", sa.String, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.Float(53), nullable=False),
        sa.Column("control_offset", IDENTITY),
    )


def downgrade() -> None:
    op.drop_table("bases")
    op.drop_table("detectors")
    op.drop_table("episode_transactions")
    op.drop_table("episodes")
