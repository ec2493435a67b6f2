"""Store proposals to change the policy: under four eyes another administrator puts them in force."""

import sqlalchemy as sa
from alembic import op

from storage.table import BigIdentity

revision = "20261128_policy_proposals"
down_revision = "20261128_approved_roles"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "policy_proposals",
        sa.Column("id", BigIdentity, primary_key=True),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("time", sa.Float(53), nullable=False),
        sa.Column("terms", sa.JSON, nullable=False),
        sa.Column("decision", sa.String),
        sa.Column("decided_by", sa.Text),
        sa.Column("decided_at", sa.Float(53)),
    )


def downgrade() -> None:
    op.drop_table("policy_proposals")
