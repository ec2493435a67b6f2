"""Index alerts by card and by scorer, so that neither look-up reads the whole table."""

from alembic import op

revision = "20261124_alerts_by_card"
down_revision = "20261124_view_pages"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_alerts_card_raised_at", "alerts", ["card", "raised_at"])
    op.create_index("ix_alerts_scorer_status_amount", "alerts", ["scorer", "status", "amount"])


def downgrade() -> None:
    op.drop_index("ix_alerts_scorer_status_amount", "alerts")
    op.drop_index("ix_alerts_card_raised_at", "alerts")
