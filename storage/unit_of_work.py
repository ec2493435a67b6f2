"""The unit of work: one database transaction that all repositories share and the use case commits."""

from functools import cached_property
from types import TracebackType
from typing import Self

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.orm import Session

from storage.alert_queue import AlertQueue
from storage.alerts import Alerts
from storage.api_tokens import ApiTokens
from storage.approvals import Approvals
from storage.audit_keys import keys_of
from storage.audit_log import AuditLog
from storage.audit_search import AuditSearch
from storage.cases import Cases
from storage.control_entries import ControlEntries
from storage.detectors import Detectors
from storage.episodes import Episodes
from storage.errors import StorageUnavailable
from storage.handled_requests import HandledRequests
from storage.labels import Labels
from storage.measurements import Measurements
from storage.notes import Notes
from storage.outbox import Outbox
from storage.past.choosing import past_of
from storage.past.port import PastTraffic
from storage.policies import Policies
from storage.rule_hits import RuleHits
from storage.saved_views import SavedViews
from storage.scored_transactions import ScoredTransactions
from storage.second_factors import SecondFactors
from storage.shadow_alerts import ShadowAlerts
from storage.sign_in_failures import SignInFailures
from storage.topic_generations import TopicGenerations
from storage.transaction_search import TransactionSearch
from storage.users import Users
from storage.web_sessions import WebSessions
from storage.webhooks import Webhooks


class UnitOfWork:
    """One database transaction with its repositories, used in a `with` statement.

    Leaving the block rolls back what was not committed. A database that is gone or locked raises
    StorageUnavailable, for every driver.

    Args:
        engine: the database, from `open_engine`.
        reads_only: take no write lock, so that on SQLite the unit never waits for a writer.
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
        self.rule_hits = RuleHits(self.session)
        self.labels = Labels(self.session)
        self.requests = HandledRequests(self.session)
        self.measurements = Measurements(self.session)
        self.episodes = Episodes(self.session)
        self.detectors = Detectors(self.session)
        self.control = ControlEntries(self.session)
        self.audit = AuditLog(self.session, keys_of(engine))
        self.audit_search = AuditSearch(self.session)
        self.outbox = Outbox(self.session)
        self.generations = TopicGenerations(self.session)
        self.users = Users(self.session)
        self.second_factors = SecondFactors(self.session)
        self.sign_in_failures = SignInFailures(self.session)
        self.web_sessions = WebSessions(self.session)
        self.tokens = ApiTokens(self.session)
        self.views = SavedViews(self.session)
        self.notes = Notes(self.session)
        self.cases = Cases(self.session)
        self.webhooks = Webhooks(self.session)
        self.approvals = Approvals(self.session)
        self.policies = Policies(self.session)

    @cached_property
    def past(self) -> PastTraffic:
        """Reads many stored transactions, in the history store if there is one."""
        return past_of(self._engine, self.session)

    def commit(self) -> None:
        """Commit everything that was written, or nothing.

        Raises:
            StorageUnavailable: the database is gone or locked.
        """
        try:
            self.session.commit()
        except DBAPIError as error:
            raise self._translated(error) from error

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
            raise self._translated(error) from error

    def _translated(self, error: DBAPIError) -> Exception:
        if isinstance(error, (OperationalError, InterfaceError)) or error.connection_invalidated:
            return StorageUnavailable(self._engine.url.render_as_string(), error.orig)
        return error
