"""Create the measurements of monitoring: traffic counts, drift, quality and alarms."""

import sqlalchemy as sa
from alembic import op

revision = "20261124_measurements"
down_revision = "20261124_users"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "measurements",
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("time", sa.Float(53), nullable=False),
        sa.Column("value", sa.Float(53), nullable=False),
        sa.Column("low", sa.Float(53)),
        sa.Column("high", sa.Float(53)),
        sa.Column("details", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("kind", "subject", "time", name="pk_measurements"),
    )
    op.create_index("ix_measurements_time", "measurements", ["time"])


def downgrade() -> None:
    op.drop_table("measurements")
