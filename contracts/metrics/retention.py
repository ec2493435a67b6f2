"""What the broker deleted before it was read."""

from prometheus_client import Counter

DELETED_UNREAD = Counter(
    "flagfive_deleted_unread_total",
    "Offsets that the broker deleted before they were read, by topic: retention was too short.",
    ["topic"],
)
