"""What must outlive a process: scored transactions, alerts, labels, episodes, detectors, the audit log.

SQLAlchemy 2, typed; SQLite (WAL) by default, PostgreSQL where the configuration names one. A file holds
one table and the repository that adds to it and reads from it; repositories never commit. One
`UnitOfWork` commits what belongs together:

    with UnitOfWork(engine) as unit:
        unit.episodes.add(episode)
        unit.audit.append("ada", "flag", subject=episode.id)
        unit.commit()

Nothing of the project is imported here, and no full card number is stored: text is masked on its way in.
"""

from storage.engine import open_engine
from storage.errors import SchemaOutdated, StorageError, StorageUnavailable
from storage.unit_of_work import UnitOfWork

__all__ = ["SchemaOutdated", "StorageError", "StorageUnavailable", "UnitOfWork", "open_engine"]
