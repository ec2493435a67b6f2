"""Note which transactions of an episode were approved, so that growth beyond them can wait for a person."""

import sqlalchemy as sa
from alembic import op

revision = "20261128_approved_roles"
down_revision = "20261124_sign_in_failures"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("episode_transactions", sa.Column("approved_role", sa.String))
    # What is live was approved, or needed no approval, under the rules of then.
    op.execute(
        "UPDATE episode_transactions SET approved_role = role WHERE episode_id IN "
        "(SELECT id FROM episodes WHERE status IN ('announced', 'live', 'retired'))"
    )


def downgrade() -> None:
    with op.batch_alter_table("episode_transactions") as table:
        table.drop_column("approved_role")
