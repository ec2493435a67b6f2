"""Names the errors of catalogues and file stores that a later try may not have."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pyiceberg.exceptions import CommitStateUnknownException, RESTError
from requests.exceptions import RequestException
from sqlalchemy.exc import DBAPIError

from storage.errors import StorageUnavailable

AWAY = (OSError, DBAPIError, RequestException, RESTError, CommitStateUnknownException)


@contextmanager
def away_as_unavailable(location: str) -> Iterator[None]:
    """Raise StorageUnavailable in place of the errors of a store that is away."""
    try:
        yield
    except AWAY as error:
        raise StorageUnavailable(location, error) from error
