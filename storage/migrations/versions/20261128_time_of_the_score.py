"""Store when a transaction was scored, which the decision API answers with."""

import sqlalchemy as sa
from alembic import op

revision = "20261128_scored_at"
down_revision = "20261128_audit_keys"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("scored_transactions", sa.Column("scored_at", sa.Float(53), nullable=True))


def downgrade() -> None:
    op.drop_column("scored_transactions", "scored_at")
