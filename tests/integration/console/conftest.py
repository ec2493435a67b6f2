"""Fixtures: one console on one filled database for all page tests of this folder, and its users."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect

from flagfive.processes import Processes
from settings import Settings
from tests.browser import Console, Visitor, chromium, start_console, visitor
from tests.integration.console.models_in_force import SECRET
from tests.integration.console.pages_setup import PASSWORD, fill
from tests.set_up import own_set_up


@pytest.fixture(scope="package")
def set_up(broker: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Return filled topics and a filled database for the console."""
    settings = own_set_up(broker, tmp_path_factory.mktemp("pages"), partitions=1)
    fill(settings)
    return settings


@pytest.fixture(scope="package")
def console(set_up: Settings) -> Iterator[Console]:
    with Processes(set_up.var / "log") as processes:
        yield start_console(processes, environment_of_console(set_up))


def environment_of_console(settings: Settings) -> dict[str, str]:
    topics = settings.topics
    return {
        "FLAGFIVE_BROKER": settings.broker.bootstrap,
        "FLAGFIVE_VAR": str(settings.var),
        "FLAGFIVE_STORAGE__URL": settings.storage.url,
        "FLAGFIVE_STREAM__GROUP": settings.stream.group,
        "FLAGFIVE_CONTROL_KEY": SECRET,
        "FLAGFIVE_TOPICS__TRANSACTIONS": topics.transactions,
        "FLAGFIVE_TOPICS__FEEDBACK": topics.feedback,
        "FLAGFIVE_TOPICS__CONTROL_ACKS": topics.control_acks,
        "FLAGFIVE_TOPICS__PARTITIONS": str(topics.partitions),
    }


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Module scope: while the browser is open, no other test of the process can run an event loop."""
    with chromium() as browser:
        yield browser


SignedIn = Callable[[str], Visitor]


@pytest.fixture
def signed_in(browser: Browser, console: Console) -> Iterator[SignedIn]:
    """Return a user of a role on the queue page; no page may fail or send a request to another host."""
    people: list[Visitor] = []

    def sign_in(role: str) -> Visitor:
        person = visitor(browser, console.address)
        people.append(person)
        give_password(person, role, PASSWORD)
        expect(person.page.get_by_role("heading", name="Queue")).to_be_visible()
        return person

    yield sign_in
    for person in people:
        person.context.close()
    assert [person.strangers + person.errors for person in people] == [[] for _ in people]


def give_password(person: Visitor, name: str, password: str, following: str = "/") -> None:
    """Fill in the sign-in page."""
    person.open(f"/sign-in?next={following}")
    person.page.get_by_label("Name").fill(name)
    person.page.get_by_label("Password").fill(password)
    person.page.get_by_role("button", name="Sign in").click()


@pytest.fixture
def analyst(signed_in: SignedIn) -> Visitor:
    return signed_in("analyst")


@pytest.fixture
def lead(signed_in: SignedIn) -> Visitor:
    return signed_in("lead")
