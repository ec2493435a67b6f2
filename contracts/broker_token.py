"""Tokens of SASL/OAUTHBEARER: from a client-credentials endpoint (RFC 6749, 4.4) or from a file."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from aiokafka.abc import AbstractTokenProvider as AiokafkaTokenProvider
from kafka.net.sasl.oauth import AbstractTokenProvider as KafkaPythonTokenProvider

from contracts.broker_tls import tls_context

# The endpoint must answer within this time; a Kafka client gives up a connection after 10 s or more.
TIMEOUT_S = 5.0
# A token counts as used up after this share of its lifetime, so that it outlives the request that carries it.
USABLE_SHARE = 0.8
# Lifetime of a token whose endpoint names none, in seconds.
DEFAULT_LIFETIME_S = 60.0


class TokenUnavailable(Exception):
    """No token could be had from the endpoint or the file."""


@dataclass
class TokenSource:
    """Returns a valid token; it asks the endpoint only when the last token is nearly used up.

    Attributes:
        url: token endpoint; "" if `file` is used.
        client: client id at the endpoint.
        secret: client secret at the endpoint; it is never printed.
        scope: scope to ask for; "" for none.
        file: file that holds the token; it is read again for each connection.
        ca_file: PEM file of the authorities to trust at the endpoint; "" for those of the system.
    """

    url: str
    client: str
    secret: str = field(repr=False)
    scope: str
    file: str
    ca_file: str
    _token: str = field(default="", repr=False, init=False)
    _until: float = field(default=0.0, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, init=False)

    def token(self) -> str:
        """Return a token. Safe in any thread; it may wait 5 s for the endpoint.

        Raises:
            TokenUnavailable: the endpoint refuses or does not answer, or the file cannot be read.
        """
        if self.file:
            return self._from_file()
        with self._lock:
            if time.monotonic() >= self._until:
                self._ask()
            return self._token

    def _from_file(self) -> str:
        try:
            token = Path(self.file).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not text"
            raise TokenUnavailable(f"broker.oauth_token_file: {self.file} cannot be read: {reason}") from None
        if not token:
            raise TokenUnavailable(f"broker.oauth_token_file: {self.file} is empty")
        return token

    def _ask(self) -> None:
        """Ask the endpoint as RFC 6749 says: section 4.4, with the client's credentials as in 2.3.1."""
        import httpx

        form = {"grant_type": "client_credentials", **({"scope": self.scope} if self.scope else {})}
        who = quote(self.client, safe=""), quote(self.secret, safe="")
        trusted = tls_context(self.ca_file, "", "", None) if self.ca_file else True
        try:
            answer = httpx.post(self.url, data=form, auth=who, timeout=TIMEOUT_S, verify=trusted)
            said = answer.json()
            self._token = str(said["access_token"])
            lifetime = float(said.get("expires_in") or DEFAULT_LIFETIME_S)
        except (httpx.HTTPError, OSError) as error:
            raise self._refused(type(error).__name__) from None
        except (ValueError, TypeError, KeyError):
            # Only the status: the body may repeat what was sent.
            raise self._refused(f"status {answer.status_code} without a token") from None
        self._until = time.monotonic() + USABLE_SHARE * lifetime

    def _refused(self, reason: str) -> TokenUnavailable:
        return TokenUnavailable(f"{self.url} gives no token for client {self.client}: {reason}")


class AiokafkaTokens(AiokafkaTokenProvider):
    """Gives the tokens to aiokafka; a thread waits for the endpoint, so heartbeats continue."""

    def __init__(self, source: TokenSource) -> None:
        self._source = source

    async def token(self) -> str:
        return await asyncio.to_thread(self._source.token)


class KafkaPythonTokens(KafkaPythonTokenProvider):
    """Gives the tokens to kafka-python."""

    def __init__(self, source: TokenSource) -> None:
        super().__init__()
        self._source = source

    def token(self) -> str:
        return self._source.token()
