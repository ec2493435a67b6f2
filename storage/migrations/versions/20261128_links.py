"""Store the links of each scored transaction: different partners of each entity in 7 days."""

import sqlalchemy as sa
from alembic import op

revision = "20261128_links"
down_revision = "20261128_cause_of_alerts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("scored_transactions", sa.Column("links", sa.LargeBinary))


def downgrade() -> None:
    op.drop_column("scored_transactions", "links")
