"""Park messages that cannot be sent, and keep the order of messages per lane only."""

import sqlalchemy as sa
from alembic import op

revision = "20261128_park_outbox"
down_revision = "20261128_delay_sign_ins"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outbox", sa.Column("lane", sa.String, nullable=False, server_default=""))
    op.add_column("outbox", sa.Column("parked_at", sa.Float(53), nullable=True))
    op.add_column("outbox", sa.Column("cause", sa.String, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("outbox") as table:
        for name in ("cause", "parked_at", "lane"):
            table.drop_column(name)
