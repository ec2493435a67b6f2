"""One database transaction: repositories share it, and only the use case commits it."""

from types import TracebackType
from typing import Self

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.orm import Session

from storage.alert_queue import AlertQueue
from storage.alerts import Alerts
from storage.api_tokens import ApiTokens
from storage.approvals import Approvals
from storage.audit_log import AuditLog
from storage.audit_search import AuditSearch
from storage.cases import Cases
from storage.control_entries import ControlEntries
from storage.detectors import Detectors
from storage.episodes import Episodes
from storage.errors import StorageUnavailable
from storage.labels import Labels
from storage.measurements import Measurements
from storage.notes import Notes
from storage.outbox import Outbox
from storage.policies import Policies
from storage.saved_views import SavedViews
from storage.scored_transactions import ScoredTransactions
from storage.shadow_alerts import ShadowAlerts
from storage.sign_in_failures import SignInFailures
from storage.transaction_search import TransactionSearch
from storage.users import Users
from storage.web_sessions import WebSessions


class UnitOfWork:
    """Use it in a `with`: what was not committed at its end is rolled back.

    `reads_only` units take no write lock, so on SQLite they never wait for a writer. A database that is
    gone or locked shows as StorageUnavailable, whatever the driver called it.
    """

    def __init__(self, engine: Engine, *, reads_only: bool = False) -> None:
        self._engine = engine
        self.session = Session(
            engine.execution_options(reads_only=reads_only), expire_on_commit=False, autoflush=True
        )
        self.transactions = ScoredTransactions(self.session)
        self.search = TransactionSearch(self.session)
        self.alerts = Alerts(self.session)
        self.queue = AlertQueue(self.session)
        self.shadow_alerts = ShadowAlerts(self.session)
        self.labels = Labels(self.session)
        self.measurements = Measurements(self.session)
        self.episodes = Episodes(self.session)
        self.detectors = Detectors(self.session)
        self.control = ControlEntries(self.session)
        self.audit = AuditLog(self.session)
        self.audit_search = AuditSearch(self.session)
        self.outbox = Outbox(self.session)
        self.users = Users(self.session)
        self.sign_in_failures = SignInFailures(self.session)
        self.web_sessions = WebSessions(self.session)
        self.tokens = ApiTokens(self.session)
        self.views = SavedViews(self.session)
        self.notes = Notes(self.session)
        self.cases = Cases(self.session)
        self.approvals = Approvals(self.session)
        self.policies = Policies(self.session)

    def commit(self) -> None:
        """Make all of it durable, or raise and leave nothing."""
        try:
            self.session.commit()
        except DBAPIError as error:
            raise self._named(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.session.close()
        except DBAPIError:
            self.session.invalidate()
        if isinstance(error, DBAPIError):
            raise self._named(error) from error

    def _named(self, error: DBAPIError) -> Exception:
        if isinstance(error, (OperationalError, InterfaceError)) or error.connection_invalidated:
            return StorageUnavailable(self._engine.url.render_as_string(), error.orig)
        return error
