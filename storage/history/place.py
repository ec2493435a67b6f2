"""Where the history store keeps its files, and which catalogue names the newest state of its table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pyiceberg.catalog import Catalog, load_catalog

CATALOG: Final = "flagfive"
"""Name of the catalogue: PYICEBERG_CATALOG__FLAGFIVE__... variables hold credentials of stores."""
_REMOTE: Final = ("s3://", "gs://", "abfs://", "abfss://")


class UnusableHistory(ValueError):
    """Location and catalogue of the history store do not fit together."""


@dataclass(frozen=True)
class HistoryPlace:
    """Location and catalogue of a history store.

    Attributes:
        location: a local folder, or a URL of S3 (s3://), Google Cloud Storage (gs://) or Azure (abfss://).
        catalog: http:// or https:// of an Iceberg REST catalogue, or postgresql:// or sqlite:/// of a
            database; empty for `catalog.sqlite` in a local folder.
        table: namespace and name of the table.

    Example:
        >>> HistoryPlace("/var/lib/flagfive/history").url
        'file:///var/lib/flagfive/history'
    """

    location: str
    catalog: str = ""
    table: str = "flagfive.scored"

    @property
    def is_local(self) -> bool:
        """Whether the files are in a local folder."""
        return not self.location.startswith(_REMOTE)

    @property
    def url(self) -> str:
        """The location as a URL."""
        return f"file://{Path(self.location).absolute()}" if self.is_local else self.location.rstrip("/")

    def open_catalog(self) -> Catalog:
        """Connect to the catalogue; a local folder is created if it is missing.

        Raises:
            UnusableHistory: a remote location has no catalogue.
        """
        files = {}
        if self.is_local:
            Path(self.location).mkdir(parents=True, exist_ok=True)
            files = {"py-io-impl": "storage.history.durable_files.DurableFileIO"}
        if self.catalog.startswith(("http://", "https://")):
            return load_catalog(CATALOG, type="rest", uri=self.catalog, warehouse=self.url, **files)
        return load_catalog(CATALOG, type="sql", uri=self._database(), warehouse=self.url, **files)

    def _database(self) -> str:
        if self.catalog:
            return self.catalog.replace("postgresql://", "postgresql+psycopg://", 1)
        if not self.is_local:
            raise UnusableHistory(
                f"history.location = {self.location} needs history.catalog: an Iceberg REST catalogue "
                "(https://...) or a database (postgresql://...)"
            )
        return f"sqlite:///{Path(self.location).absolute() / 'catalog.sqlite'}"
