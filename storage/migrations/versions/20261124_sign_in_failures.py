"""Count failed sign-ins by address, so that one address cannot try the passwords of many users."""

import sqlalchemy as sa
from alembic import op

from storage.table import BigIdentity

revision = "20261124_sign_in_failures"
down_revision = "20261124_alerts_by_card"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sign_in_failures",
        sa.Column("id", BigIdentity, primary_key=True),
        sa.Column("address", sa.String, nullable=False),
        sa.Column("time", sa.Float(53), nullable=False),
    )
    op.create_index("ix_sign_in_failures_address_time", "sign_in_failures", ["address", "time"])


def downgrade() -> None:
    op.drop_table("sign_in_failures")
