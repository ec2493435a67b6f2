"""Add the page to saved views, and index the audit log by subject."""

import sqlalchemy as sa
from alembic import op

revision = "20261124_view_pages"
down_revision = "20261124_cases"
branch_labels = None
depends_on = None

IDENTITY = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.drop_table("saved_views")
    _create_views(sa.Column("page", sa.String, nullable=False))
    op.create_index("ix_audit_log_subject", "audit_log", ["subject"])


def _create_views(*page: sa.Column[str]) -> None:
    op.create_table(
        "saved_views",
        sa.Column("user_id", IDENTITY, nullable=False),
        *page,
        sa.Column("name", sa.String, nullable=False),
        sa.Column("query", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("user_id", *(one.name for one in page), "name", name="pk_saved_views"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], ondelete="CASCADE", name="fk_saved_views_user_id_users"
        ),
    )


def downgrade() -> None:
    op.drop_index("ix_audit_log_subject", "audit_log")
    op.drop_table("saved_views")
    _create_views()
