"""Let entries of the audit log name the key of their hash."""

import sqlalchemy as sa
from alembic import op

revision = "20261128_audit_keys"
down_revision = "20261128_handled_requests"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Not as a batch, which would copy the table on SQLite and lose its triggers.
    op.add_column("audit_log", sa.Column("key_id", sa.String(16)))


def downgrade() -> None:
    op.drop_column("audit_log", "key_id")
