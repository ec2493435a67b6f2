"""Tokens are checked without a read of the database for each request."""

from __future__ import annotations

import asyncio

import pytest

from decisions.access import LONGEST_S, Access
from decisions.errors import NotAllowed, NotSignedIn, Refusal, Unavailable
from storage import StorageUnavailable
from storage.api_tokens import digest_of
from tests.unit.decisions.at_hand import ManualTimers


class TokensAtHand:
    """Counts its reads, and can be away."""

    def __init__(self) -> None:
        self.scopes: dict[str, list[str]] = {digest_of("good"): ["decisions"], digest_of("other"): ["read"]}
        self.reads, self.away = 0, False

    def scopes_of(self, digest: str) -> list[str] | None:
        self.reads += 1
        if self.away:
            raise StorageUnavailable("sqlite://", None)
        return self.scopes.get(digest)


@pytest.fixture
def tokens() -> TokensAtHand:
    return TokensAtHand()


@pytest.fixture
def timers() -> ManualTimers:
    return ManualTimers()


@pytest.fixture
def access(tokens: TokensAtHand, timers: ManualTimers) -> Access:
    return Access(tokens, 10.0, timers.time)


def refusal(access: Access, authorization: str) -> type[Refusal] | None:
    try:
        asyncio.run(access.check(authorization))
    except Refusal as error:
        return type(error)
    return None


def test_only_a_valid_token_with_the_scope_passes(access: Access) -> None:
    assert refusal(access, "Bearer good") is None
    assert refusal(access, "Bearer other") is NotAllowed
    for wrong in ("", "good", "Basic good", "Bearer ", "Bearer wrong", "Bearer " + "x" * 1_000):
        assert refusal(access, wrong) is NotSignedIn


def test_a_token_is_read_once_within_its_time_and_a_revoked_one_ends_then(
    access: Access, tokens: TokensAtHand, timers: ManualTimers
) -> None:
    for _ in range(50):
        assert refusal(access, "Bearer good") is None
        assert refusal(access, "Bearer wrong") is NotSignedIn
    assert tokens.reads == 2
    tokens.scopes.clear()
    timers.move(9.0)
    assert refusal(access, "Bearer good") is None
    timers.move(2.0)
    assert refusal(access, "Bearer good") is NotSignedIn


def test_requests_at_the_same_time_share_one_read(access: Access, tokens: TokensAtHand) -> None:
    async def many() -> None:
        await asyncio.gather(*(access.check("Bearer good") for _ in range(20)))

    asyncio.run(many())
    assert tokens.reads == 1


def test_known_tokens_pass_for_a_while_without_the_database(
    access: Access, tokens: TokensAtHand, timers: ManualTimers
) -> None:
    assert refusal(access, "Bearer good") is None
    tokens.away = True
    timers.move(60.0)
    assert refusal(access, "Bearer good") is None
    assert refusal(access, "Bearer new") is Unavailable
    timers.move(LONGEST_S)
    assert refusal(access, "Bearer good") is Unavailable
