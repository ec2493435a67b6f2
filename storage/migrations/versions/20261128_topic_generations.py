"""Remember the ids of topics, so that a recreated topic of the same name does not look like a repeat."""

import sqlalchemy as sa
from alembic import op

revision = "20261128_topic_generations"
down_revision = "20261128_second_factors"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "topic_generations",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("generation", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("topic_id", sa.String, nullable=False),
        sa.Column("first_seen", sa.Float(53), nullable=False),
        sa.UniqueConstraint("name", "topic_id"),
    )


def downgrade() -> None:
    op.drop_table("topic_generations")
