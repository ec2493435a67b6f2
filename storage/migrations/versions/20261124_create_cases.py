"""Create cases, notes, saved views, API tokens, approvals and policies."""

import sqlalchemy as sa
from alembic import op

revision = "20261124_cases"
down_revision = "20261124_measurements"
branch_labels = None
depends_on = None

IDENTITY = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    _create_cases()
    _create_personal()
    _create_administration()


def _create_cases() -> None:
    op.create_table(
        "cases",
        sa.Column("id", IDENTITY, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("owner", sa.String),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("created_at", sa.Float(53), nullable=False),
        sa.Column("updated_at", sa.Float(53), nullable=False),
    )
    op.create_index("ix_cases_status_updated_at", "cases", ["status", "updated_at"])
    op.create_table(
        "case_alerts",
        sa.Column("case_id", IDENTITY, nullable=False),
        sa.Column("alert_id", IDENTITY, nullable=False, autoincrement=False),
        sa.Column("transaction_id", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("case_id", "alert_id", name="pk_case_alerts"),
        _of_case("case_alerts"),
    )
    op.create_index("ix_case_alerts_transaction_id", "case_alerts", ["transaction_id"])
    op.create_table(
        "case_links",
        sa.Column("id", IDENTITY, primary_key=True),
        sa.Column("case_id", IDENTITY, nullable=False),
        sa.Column("address", sa.String, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("time", sa.Float(53), nullable=False),
        _of_case("case_links"),
    )
    op.create_index("ix_case_links_case_id", "case_links", ["case_id"])


def _create_personal() -> None:
    op.create_table(
        "notes",
        sa.Column("id", IDENTITY, primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("time", sa.Float(53), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
    )
    op.create_index("ix_notes_kind_subject", "notes", ["kind", "subject"])
    op.create_table(
        "saved_views",
        sa.Column("user_id", IDENTITY, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("query", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "name", name="pk_saved_views"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], ondelete="CASCADE", name="fk_saved_views_user_id_users"
        ),
    )


def _create_administration() -> None:
    op.create_table(
        "api_tokens",
        sa.Column("id", IDENTITY, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("scopes", sa.JSON, nullable=False),
        sa.Column("author", sa.String, nullable=False),
        sa.Column("created_at", sa.Float(53), nullable=False),
        sa.Column("expires_at", sa.Float(53)),
        sa.Column("revoked_at", sa.Float(53)),
        sa.UniqueConstraint("digest", name="uq_api_tokens_digest"),
        sa.UniqueConstraint("name", name="uq_api_tokens_name"),
    )
    op.create_table(
        "approvals",
        sa.Column("id", IDENTITY, primary_key=True),
        sa.Column("episode_id", sa.String, nullable=False),
        sa.Column("episode", sa.Text, nullable=False),
        sa.Column("flagged_by", sa.Text, nullable=False),
        sa.Column("decision", sa.String, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("time", sa.Float(53), nullable=False),
    )
    op.create_index("ix_approvals_episode_id", "approvals", ["episode_id"])
    op.create_table(
        "policies",
        sa.Column("id", IDENTITY, primary_key=True),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("time", sa.Float(53), nullable=False),
        sa.Column("terms", sa.JSON, nullable=False),
    )


def _of_case(table: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_case_id_cases"
    return sa.ForeignKeyConstraint(["case_id"], ["cases.id"], ondelete="CASCADE", name=name)


def downgrade() -> None:
    for table in (
        "policies", "approvals", "api_tokens", "saved_views", "notes", "case_links", "case_alerts", "cases",
    ):  # fmt: skip
        op.drop_table(table)
