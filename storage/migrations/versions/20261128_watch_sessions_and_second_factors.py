"""Note when and by which browser a session was last used, and create second factors.

Sessions end with this migration: the time of their last use is not known.
"""

import sqlalchemy as sa
from alembic import op

from storage.table import BigIdentity

revision = "20261128_second_factors"
down_revision = "20261128_park_outbox"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DELETE FROM web_sessions")
    with op.batch_alter_table("web_sessions") as sessions:
        sessions.add_column(sa.Column("last_seen_at", sa.Float(53), nullable=False))
        sessions.add_column(sa.Column("browser", sa.String, nullable=False))
    op.create_table(
        "second_factors",
        sa.Column("user_id", BigIdentity, primary_key=True, autoincrement=False),
        sa.Column("sealed_secret", sa.String, nullable=False),
        sa.Column("last_step", BigIdentity, nullable=False),
        sa.Column("created_at", sa.Float(53), nullable=False),
        sa.Column("confirmed_at", sa.Float(53)),
        _of_user("second_factors"),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("user_id", BigIdentity, nullable=False),
        sa.Column("used_at", sa.Float(53)),
        _of_user("recovery_codes"),
    )


def _of_user(table: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_user_id_users"
    return sa.ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE", name=name)


def downgrade() -> None:
    op.drop_table("recovery_codes")
    op.drop_table("second_factors")
    with op.batch_alter_table("web_sessions") as sessions:
        sessions.drop_column("browser")
        sessions.drop_column("last_seen_at")
