"""A separate set-up on a shared broker."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from pathlib import Path

from flagfive.cluster import administrator
from flagfive.topic_plan import ensure_topics, planned_topics
from settings import BrokerSettings, EntitySettings, Settings, StorageSettings, StreamSettings, TopicsSettings

KINDS = ("card", "merchant")


def own_set_up(broker: str, folder: Path, *, partitions: int, kinds: Sequence[str] = KINDS) -> Settings:
    """Create fresh topics; return settings with them, a separate group, and a database in `folder`.

    kinds: names of the entities; the field of each is its name and `_id`.
    """
    prefix = f"t{uuid.uuid4().hex[:8]}-"
    settings = Settings(
        var=folder,
        broker=BrokerSettings(bootstrap=broker),
        topics=TopicsSettings(partitions=partitions).prefixed(prefix),
        stream=StreamSettings(group=prefix + "flagfive"),
        entities=[EntitySettings(name=kind, field=f"{kind}_id") for kind in kinds],
        storage=StorageSettings(url=f"sqlite:///{folder}/flagfive.sqlite"),
    )
    with administrator(settings.broker) as admin:
        ensure_topics(admin, planned_topics(settings))
    return settings
