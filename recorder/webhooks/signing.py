"""Signatures of webhooks, by the scheme of Standard Webhooks (https://www.standardwebhooks.com)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, field

from settings import Settings


@dataclass(frozen=True)
class EndpointKeys:
    """The keys of one endpoint, derived from the secrets, so that no receiver can sign for another.

    Args:
        endpoint: name of the endpoint.
        secrets: the current secret and, while receivers change over, earlier ones.
    """

    endpoint: str
    secrets: tuple[str, ...] = field(repr=False)

    @classmethod
    def of(cls, settings: Settings, endpoint: str) -> EndpointKeys:
        """Return the keys from the settings.

        Raises:
            MissingSecret: FLAGFIVE_WEBHOOKS__SECRET is not set.
        """
        if settings.webhooks.secret is None:
            raise MissingSecret
        parts = settings.webhooks.secret.get_secret_value().split(",")
        return cls(endpoint, tuple(part.strip() for part in parts if part.strip()))

    def shown(self) -> str:
        """Return the current key as receivers' libraries take it: `whsec_` and base64."""
        return "whsec_" + base64.b64encode(self._keys()[0]).decode()

    def headers(self, event: str, timestamp: int, body: bytes) -> dict[str, str]:
        """Return the headers of one try.

        Args:
            event: id of the event, the same at every try.
            timestamp: of this try, seconds since 1970; receivers refuse old ones.
            body: the body as sent.

        Returns:
            Id, timestamp, and a signature by each key.

        Example:
            >>> keys = EndpointKeys("mail", ("a secret of 24 characters",))
            >>> sorted(keys.headers("e-1", 1_760_000_000, b"{}"))
            ['webhook-id', 'webhook-signature', 'webhook-timestamp']
        """
        signed = f"{event}.{timestamp}.".encode() + body
        macs = [base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode() for key in self._keys()]
        return {
            "webhook-id": event,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": " ".join(f"v1,{mac}" for mac in macs),
        }

    def _keys(self) -> list[bytes]:
        purpose = f"flagfive webhook {self.endpoint}".encode()
        return [hmac.digest(secret.encode(), purpose, hashlib.sha256) for secret in self.secrets]


class MissingSecret(Exception):
    """Endpoints are set, but no secret to sign with."""

    def __init__(self) -> None:
        super().__init__(
            "webhooks.endpoints needs a secret of at least 24 characters in FLAGFIVE_WEBHOOKS__SECRET, or "
            "the path of its file in FLAGFIVE_WEBHOOKS__SECRET_FILE"
        )
