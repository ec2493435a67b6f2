"""Columns of the grids."""

from console.pages.grid import Column, column


def alert_columns() -> list[Column]:
    """Return the columns of the queue."""
    return [
        column("Raised", "raised_at", "moment", width=142, narrow=122, sort=True),
        column("Card", "card", "token", width=136, narrow=98, wide=True),
        column("Amount", "amount", "money", width=116, narrow=108, sort=True, type="rightAligned"),
        column("Rarity", "surprise", "rare", width=100, narrow=92, sort=True, type="rightAligned"),
        column("Reason", "reasons", "reason", minWidth=110, flex=2, wide=True),
        column("Found by", "scorer", "scorer", width=150, narrow=110, wide=True),
        column("State", "state", "outcome", width=110, roomy=True),
        column("Assigned", "assignee", "", width=110, roomy=True),
        column("Case due", "due_at", "due", width=142, roomy=True),
    ]


def transaction_columns() -> list[Column]:
    """Return the columns of the search."""
    return [
        column("Time", "event_time", "moment", width=142, narrow=122),
        column("Transaction", "transaction_id", "token", minWidth=160, flex=1, wide=True),
        column("Card", "card", "token", width=136, wide=True),
        column("Merchant", "merchant", "token", width=150, wide=True),
        column("Amount", "amount", "money", width=116, narrow=108, type="rightAligned"),
        column("Rarity", "surprise", "rare", width=100, narrow=92, type="rightAligned"),
        column("Decision", "decision", "tag", width=110),
        column("Found by", "scorer", "scorer", width=150, wide=True),
    ]
