"""Create users, web sessions and one-time links, and the columns that filter the queue of alerts."""

import sqlalchemy as sa
from alembic import op

revision = "20261124_users"
down_revision = "20261124_shadow_alerts"
branch_labels = None
depends_on = None

IDENTITY = sa.BigInteger().with_variant(sa.Integer, "sqlite")
QUEUE = [
    "status",
    "priority",
    "raised_at",
    "surprise",
    "amount",
    "scorer",
    "card",
    "assignee",
    "snoozed_until",
]


def upgrade() -> None:
    _widen_alerts()
    _create_users()


def _widen_alerts() -> None:
    with op.batch_alter_table("alerts") as alerts:
        for name in ("amount", "surprise", "priority"):
            alerts.add_column(sa.Column(name, sa.Float(53), nullable=False, server_default="0"))
        for name in ("scorer", "card"):
            alerts.add_column(sa.Column(name, sa.String, nullable=False, server_default=""))
        alerts.add_column(sa.Column("assignee", sa.String))
        alerts.add_column(sa.Column("snoozed_until", sa.Float(53)))
    _fill_from_bodies()
    op.create_index("ix_alerts_queue", "alerts", QUEUE)


def _fill_from_bodies() -> None:
    """Fill the new columns of alerts stored earlier from their bodies."""
    read = "body ->> '{}'"
    if op.get_bind().dialect.name == "sqlite":
        read = "json_extract(body, '$.{}')"
    numbers = {name: f"COALESCE(CAST({read.format(name)} AS FLOAT), 0)" for name in ("amount", "surprise")}
    op.execute(
        f"UPDATE alerts SET amount = {numbers['amount']}, surprise = {numbers['surprise']},"
        f" priority = {numbers['surprise']}, scorer = COALESCE({read.format('scorer')}, '')"
    )


def _create_users() -> None:
    op.create_table(
        "users",
        sa.Column("id", IDENTITY, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("password_hash", sa.String),
        sa.Column("subject", sa.String),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("locked_until", sa.Float(53)),
        sa.Column("created_at", sa.Float(53), nullable=False),
        sa.UniqueConstraint("name", name="uq_users_name"),
        sa.UniqueConstraint("subject", name="uq_users_subject"),
    )
    op.create_table(
        "web_sessions",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("user_id", IDENTITY, nullable=False),
        sa.Column("csrf", sa.String, nullable=False),
        sa.Column("address", sa.String, nullable=False),
        sa.Column("created_at", sa.Float(53), nullable=False),
        sa.Column("expires_at", sa.Float(53), nullable=False),
        _of_user("web_sessions"),
    )
    op.create_index("ix_web_sessions_user_id", "web_sessions", ["user_id"])
    op.create_table(
        "one_time_links",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("user_id", IDENTITY, nullable=False),
        sa.Column("expires_at", sa.Float(53), nullable=False),
        sa.Column("used_at", sa.Float(53)),
        _of_user("one_time_links"),
    )


def _of_user(table: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_user_id_users"
    return sa.ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE", name=name)


def downgrade() -> None:
    op.drop_table("one_time_links")
    op.drop_table("web_sessions")
    op.drop_table("users")
    op.drop_index("ix_alerts_queue", "alerts")
    with op.batch_alter_table("alerts") as alerts:
        for name in ("snoozed_until", "assignee", "card", "scorer", "priority", "surprise", "amount"):
            alerts.drop_column(name)
