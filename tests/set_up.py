"""A separate set-up on a shared broker."""

from __future__ import annotations

import uuid
from pathlib import Path

from flagfive.cluster import administrator
from flagfive.topic_plan import ensure_topics, planned_topics
from settings import BrokerSettings, Settings, StorageSettings, StreamSettings, TopicsSettings


def own_set_up(broker: str, folder: Path, *, partitions: int) -> Settings:
    """Create fresh topics; return settings with them, a separate group, and a database in `folder`."""
    prefix = f"t{uuid.uuid4().hex[:8]}-"
    settings = Settings(
        var=folder,
        broker=BrokerSettings(bootstrap=broker),
        topics=TopicsSettings(partitions=partitions).prefixed(prefix),
        stream=StreamSettings(group=prefix + "flagfive"),
        storage=StorageSettings(url=f"sqlite:///{folder}/flagfive.sqlite"),
    )
    with administrator(settings.broker) as admin:
        ensure_topics(admin, planned_topics(settings))
    return settings
