"""Storage of what outlives a process: scored transactions, alerts, labels, episodes, detectors, audit log.

The tables are typed SQLAlchemy 2 classes, on SQLite (WAL) by default or on PostgreSQL. Each file holds one
table and its repository. Repositories never commit; one `UnitOfWork` commits what belongs together:

    with UnitOfWork(engine) as unit:
        unit.episodes.add(episode)
        unit.audit.append("ada", "flag", subject=episode.id, time=time.time())
        unit.commit()

No full card number is stored: text is masked before it is written.
"""

from storage.engine import open_engine
from storage.errors import SchemaOutdated, StorageError, StorageUnavailable
from storage.unit_of_work import UnitOfWork

__all__ = ["SchemaOutdated", "StorageError", "StorageUnavailable", "UnitOfWork", "open_engine"]
