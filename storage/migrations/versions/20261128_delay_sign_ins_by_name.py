"""Delay sign-ins per name and address, and drop the lock of a user, which any stranger could set."""

import sqlalchemy as sa
from alembic import op

revision = "20261128_delay_sign_ins"
down_revision = "20261128_policy_proposals"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DELETE FROM sign_in_failures")  # they count for minutes only
    with op.batch_alter_table("sign_in_failures") as failures:
        failures.add_column(sa.Column("name_digest", sa.String(64), nullable=False))
    with op.batch_alter_table("users") as users:
        users.drop_column("failures")
        users.drop_column("locked_until")


def downgrade() -> None:
    with op.batch_alter_table("users") as users:
        users.add_column(sa.Column("failures", sa.Integer, nullable=False, server_default="0"))
        users.add_column(sa.Column("locked_until", sa.Float(53)))
    with op.batch_alter_table("sign_in_failures") as failures:
        failures.drop_column("name_digest")
