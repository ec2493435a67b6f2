"""One try of a delivery over HTTP."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import Self

import httpx

from recorder.webhooks.signing import EndpointKeys
from settings import Settings


@dataclass(frozen=True)
class Tried:
    """The outcome of one try: the status of the answer, and the cause where it did not arrive."""

    status: int | None
    cause: str | None = None

    @property
    def arrived(self) -> bool:
        """Whether the receiver has accepted it."""
        return self.cause is None


class Poster:
    """Posts to one endpoint. It follows no redirects and uses no proxy of the environment.

    Args:
        settings: the settings.
        endpoint: name of the endpoint.

    Raises:
        MissingSecret: there is no secret to sign with.
    """

    def __init__(self, settings: Settings, endpoint: str) -> None:
        webhooks = settings.webhooks
        self._url = next(one.url for one in webhooks.endpoints if one.name == endpoint)
        self._keys = EndpointKeys.of(settings, endpoint)
        context = ssl.create_default_context(cafile=webhooks.ca_file or None)
        self._http = httpx.Client(
            verify=context, timeout=webhooks.timeout_s, follow_redirects=False, trust_env=False
        )

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """Close the connections."""
        self._http.close()

    def post(self, event: str, body: str, *, now: float) -> Tried:
        """Send one event, and wait for the head of the answer; its body is not read.

        Args:
            event: id of the event.
            body: JSON.
            now: seconds since 1970, for the signature.

        Returns:
            The outcome; every answer but 2xx is a failure.
        """
        content = body.encode()
        headers = self._keys.headers(event, int(now), content) | {"content-type": "application/json"}
        try:
            with self._http.stream("POST", self._url, content=content, headers=headers) as answer:
                status = answer.status_code
        except (httpx.HTTPError, OSError) as error:
            # The text of some errors holds the address, and its path may hold a token.
            words = str(error).replace(self._url, "the endpoint")
            return Tried(None, f"{type(error).__name__}: {words}")
        return Tried(status, None if 200 <= status < 300 else f"the receiver answered {status}")
