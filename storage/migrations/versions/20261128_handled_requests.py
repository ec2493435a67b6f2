"""Remember each admitted request by its id, so that a replay changes nothing and another body is refused."""

import sqlalchemy as sa
from alembic import op

revision = "20261128_handled_requests"
down_revision = "20261128_topic_generations"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "handled_requests",
        sa.Column("request_id", sa.String, primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("principal", sa.String, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("time", sa.Float(53), nullable=False),
        sa.Column("answer", sa.LargeBinary),
    )


def downgrade() -> None:
    op.drop_table("handled_requests")
