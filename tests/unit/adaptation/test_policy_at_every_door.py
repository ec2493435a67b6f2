"""The standing policy applies to every way in: console and API, command line, records on `feedback`.

The settings file sets `auto`; an administrator sets `approve` in the console. Then a flag must wait on every
way in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

import msgspec
import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from adaptation.going_live.result import PendingChange
from console.card_tokens import CardTokens
from console.context import ConsoleContext
from console.server import build_app
from contracts.answer import Answer
from contracts.request import Request
from control.entry import Kind
from flagfive.main import app
from settings import Settings
from storage.episodes import ANNOUNCED, SHADOW, WAITING
from tests.unit.adaptation.worker_in_memory import FLAGS, WorkerInMemory, a_flag, set_policy, statuses
from tests.unit.console.at_hand import LagAtHand, ModelsAtHand, WorkerAtHand
from tests.unit.console.people import Person, add_users

Door = Callable[[WorkerInMemory], None]


def by_command_line(worker: WorkerInMemory) -> None:
    """Flag with `flagfive flag`, without the broker between command and worker."""

    class Client:
        def __init__(self, *given: object) -> None:
            """Take what the real client takes, and connect to nothing."""

        def __enter__(self) -> Client:
            return self

        def __exit__(self, *error: object) -> None:
            pass

        def ask(self, request: Request, *, timeout_s: float) -> Answer:
            result = worker.handle_record(msgspec.json.encode(request))
            if isinstance(result, PendingChange):
                return Answer(request.request_id, ANNOUNCED, "on its way")
            return result

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FLAGFIVE_CONTROL_KEY", "a secret of enough length")
        patch.setattr("contracts.request_client.FeedbackClient", Client)
        patch.setattr("flagfive.cluster.administrator", lambda bootstrap: nullcontext())
        CliRunner().invoke(app, ["flag", "--name", "gift cards", "--author", "ada", *FLAGS])


def by_api(worker: WorkerInMemory) -> None:
    """Flag with `POST /episodes`, as the console's pages do; the request goes through the outbox."""
    with an_analyst(worker) as analyst:
        assert analyst.post("/episodes", {"name": "gift cards", "ids": list(FLAGS)}).status_code == 202


def by_record(worker: WorkerInMemory) -> None:
    """Flag with a JSON record on `feedback` from another system, without a policy field."""
    worker.handle_record(
        b'{"request_id": "r-1", "kind": "flag", "author": "feed", "time": 1.0, "name": "gift cards",'
        b' "fraud": ["fraud-0", "fraud-1", "fraud-2", "fraud-3"]}'
    )


def by_record_that_asks_for_auto(worker: WorkerInMemory) -> None:
    worker.handle_record(msgspec.json.encode(a_flag(policy="auto")))


DOORS = [by_command_line, by_api, by_record, by_record_that_asks_for_auto]


class OutboxToWorker(WorkerAtHand):
    """Passes the outbox's requests to the worker. Answers for live detectors come later, so not here."""

    def __init__(self, worker: WorkerInMemory) -> None:
        super().__init__(worker.context.engine)
        self._worker = worker

    def wake(self) -> None:
        with self._worker.context.unit(reads_only=True) as unit:
            values = [message.value or b"" for message in unit.outbox.pending()]
        for value in values:
            result = self._worker.handle_record(value)
            if isinstance(result, Answer):
                self.expect(result.request_id).set_result(result)


@contextmanager
def an_analyst(worker: WorkerInMemory) -> Iterator[Person]:
    """Sign a user in to a console whose requests the worker handles at once."""
    engine = worker.context.engine
    feedback = OutboxToWorker(worker)
    cards = CardTokens("card", b"a secret of enough length")
    console = ConsoleContext(engine, Settings(), cards, feedback, ModelsAtHand(), LagAtHand())
    add_users(console)
    yield Person(build_app(console), "analyst")


@pytest.mark.parametrize("door", DOORS)
def test_by_the_settings_file_alone_a_flag_goes_live(
    worker: WorkerInMemory, engine: Engine, door: Door
) -> None:
    door(worker)
    assert statuses(engine) == [ANNOUNCED]
    assert worker.live == 1


@pytest.mark.parametrize("terms", [{"policy": "approve"}, {"four_eyes": True}])
@pytest.mark.parametrize("door", DOORS)
def test_what_an_administrator_sets_makes_a_flag_wait(
    worker: WorkerInMemory, engine: Engine, door: Door, terms: dict[str, object]
) -> None:
    set_policy(engine, **terms)
    door(worker)
    assert statuses(engine) == [WAITING]
    assert worker.live == 0


@pytest.mark.parametrize("door", DOORS)
def test_on_trial_a_flag_scores_silently(worker: WorkerInMemory, engine: Engine, door: Door) -> None:
    set_policy(engine, policy="shadow")
    door(worker)
    assert statuses(engine) == [SHADOW]
    assert worker.live == 0
    assert len(worker.log.refresh().in_force(Kind.SHADOW)) == 1


def test_a_request_can_hold_its_own_detector_back(worker: WorkerInMemory, engine: Engine) -> None:
    worker.handle(a_flag(policy="approve"))
    assert statuses(engine) == [WAITING]


def test_a_policy_that_is_set_back_lets_the_next_flag_go_live(worker: WorkerInMemory, engine: Engine) -> None:
    set_policy(engine, policy="approve")
    set_policy(engine, policy="auto")
    worker.handle(a_flag())
    assert statuses(engine) == [ANNOUNCED]


def test_with_four_eyes_set_in_the_console_the_author_cannot_approve_by_the_command_line(
    worker: WorkerInMemory, engine: Engine
) -> None:
    set_policy(engine, four_eyes=True)
    worker.handle(a_flag())
    own = worker.handle(a_flag("approve", request_id="r-2", fraud=()))
    assert isinstance(own, Answer)
    assert (own.status, "another person approves it" in own.message) == ("refused", True)
    assert worker.live == 0
    other = worker.handle(a_flag("approve", request_id="r-3", fraud=(), author="bob"))
    assert isinstance(other, PendingChange)
    assert (other.request_id, worker.live) == ("r-3", 1)


def test_a_preview_says_what_the_policy_would_hold_back_and_changes_nothing(
    worker: WorkerInMemory, engine: Engine
) -> None:
    announced = len(worker.log.announced)
    set_policy(engine, policy="approve")
    preview = worker.handle(a_flag("preview"))
    assert isinstance(preview, Answer)
    assert preview.draft is not None
    assert preview.draft.refusals == ()
    assert (statuses(engine), len(worker.log.announced)) == ([], announced)
