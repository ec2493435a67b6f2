"""Who may ask for decisions: the owner of an API token with the scope `decisions`.

Tokens are those of the console. A token is read from the database at its first use and again once it has not
been checked for a while, so a revoked token ends within that time, and no request waits for the database
otherwise.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from decisions.errors import NotAllowed, NotSignedIn, Unavailable
from storage import StorageUnavailable
from storage.api_tokens import DECISIONS_SCOPE, digest_of

MOST_TOKENS = 1_000
"""Digests that are kept, those of wrong tokens too."""
LONGEST_S = 300.0
"""Seconds that a token stays valid while the database is away."""
_PREFIX = "Bearer "
_LONGEST_TOKEN = 200


class Tokens(Protocol):
    """Reads the scopes of a token."""

    def scopes_of(self, digest: str) -> list[str] | None:
        """Return the scopes of a valid token, None of another.

        Raises:
            StorageUnavailable: the database does not answer.
        """


@dataclass
class _Checked:
    scopes: list[str] | None
    at: float


class Access:
    """Checks tokens.

    Args:
        tokens: reads them, in a thread.
        fresh_s: seconds for which a check counts.
        clock: seconds that only go forward.
    """

    def __init__(self, tokens: Tokens, fresh_s: float, clock: Callable[[], float]) -> None:
        self._tokens, self._fresh_s, self._clock = tokens, fresh_s, clock
        self._checked: OrderedDict[str, _Checked] = OrderedDict()
        self._under_way: dict[str, asyncio.Task[None]] = {}

    async def check(self, authorization: str) -> None:
        """Check the header of a request.

        Args:
            authorization: value of the header `Authorization`; empty if there is none.

        Raises:
            NotSignedIn: no valid token.
            NotAllowed: the token lacks the scope.
            Unavailable: the database is away, and the token was not checked lately.
        """
        secret = authorization.removeprefix(_PREFIX).strip()
        if not authorization.startswith(_PREFIX) or not 0 < len(secret) <= _LONGEST_TOKEN:
            raise NotSignedIn(
                "a token is needed", where="header Authorization", allowed="Bearer and a token of the console"
            )
        known = await self._known(digest_of(secret))
        if known.scopes is None:
            raise NotSignedIn("the token is unknown, revoked or expired", where="header Authorization")
        if DECISIONS_SCOPE not in known.scopes:
            raise NotAllowed("the token lacks the scope", where="scopes", allowed=DECISIONS_SCOPE)

    async def _known(self, digest: str) -> _Checked:
        known = self._checked.get(digest)
        if known is not None and self._clock() - known.at <= self._fresh_s:
            return known
        task = self._under_way.get(digest)
        if task is None:
            task = self._under_way[digest] = asyncio.create_task(self._read(digest))
            task.add_done_callback(lambda _: self._under_way.pop(digest, None))
        try:
            await asyncio.shield(task)
        except StorageUnavailable:
            if known is None or self._clock() - known.at > LONGEST_S:
                raise Unavailable("the database is away; try again in a moment") from None
            return known
        return self._checked[digest]

    async def _read(self, digest: str) -> None:
        scopes = await asyncio.to_thread(self._tokens.scopes_of, digest)
        self._checked[digest] = _Checked(scopes, self._clock())
        self._checked.move_to_end(digest)
        while len(self._checked) > MOST_TOKENS:
            self._checked.popitem(last=False)


class Anyone:
    """Lets every request pass: the server has verified the client's certificate."""

    async def check(self, authorization: str) -> None:
        """Check nothing."""
