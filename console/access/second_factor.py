"""The second factor: codes of an authenticator app (TOTP, RFC 6238), and recovery codes."""

from __future__ import annotations

import base64
import hmac
import secrets
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from console.access.seal import Seal, SealBroken
from console.errors import NotSignedIn
from storage import UnitOfWork
from storage.api_tokens import digest_of
from storage.second_factors import SecondFactor

DIGITS, STEP_S = 6, 30
"""What every authenticator app supports, with SHA-1 (RFC 6238)."""
STEPS_AROUND = 1
"""A code is accepted one step early or late, for clocks that differ and people who type slowly."""
RECOVERY_CODES = 10
_SECRET_BYTES, _CODE_BYTES = 20, 15  # 160 bits as RFC 4226 asks; 120 bits cannot be guessed from a digest
ISSUER = "flagfive"
MOST_WRONG, WRONG_WINDOW_S = 10, 900.0
"""Wrong codes of a user, from all addresses. Only someone with the user's password can cause them."""


def new_factor_secret() -> str:
    """Return a new secret in base32, as people type it into an app."""
    return base64.b32encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def address_of_factor(secret: str, user: str) -> str:
    """Return the otpauth address that an authenticator app reads from a QR code."""
    return TOTP(base64.b32decode(secret), DIGITS, SHA1(), STEP_S).get_provisioning_uri(user, ISSUER)


def new_recovery_codes() -> list[str]:
    """Return codes such as `abcd-efgh-ijkl-mnop-qrst-uvwx`."""
    codes = (
        base64.b32encode(secrets.token_bytes(_CODE_BYTES)).decode().lower() for _ in range(RECOVERY_CODES)
    )
    return ["-".join(code[at : at + 4] for at in range(0, len(code), 4)) for code in codes]


def step_of_code(secret: str, code: str, *, after: int, now: float) -> int | None:
    """Return the step of 30 s that a code belongs to, if it is current and later than step `after`.

    Args:
        secret: the secret in base32.
        code: what was typed.
        after: step of the last accepted code; 0 if there was none.
        now: seconds since 1970.
    """
    current, hotp = int(now // STEP_S), HOTP(base64.b32decode(secret), DIGITS, SHA1())
    for step in range(max(current - STEPS_AROUND, after + 1, 0), current + STEPS_AROUND + 1):
        if hmac.compare_digest(hotp.generate(step), code.encode()):
            return step
    return None


def pass_code(unit: UnitOfWork, seal: Seal, factor: SecondFactor, code: str, now: float) -> dict[str, Any]:
    """Accept a code of the app or a recovery code, and use it up.

    Args:
        unit: open unit of work; the caller commits.
        seal: opens the factor's secret.
        factor: the user's confirmed factor.
        code: what was typed, with or without blanks.
        now: seconds since 1970.

    Returns:
        What the audit log says about it.

    Raises:
        NotSignedIn: the code is wrong, was used before, or there were too many wrong codes.
    """
    typed = "".join(code.split()).lower()
    user_id, key = factor.user_id, f"code of {factor.user_id}"
    if len(unit.sign_in_failures.times(key, since=now - WRONG_WINDOW_S)) >= MOST_WRONG:
        raise NotSignedIn("too many wrong codes: try again in a quarter of an hour", where="code")
    if unit.second_factors.use_code(user_id, digest_of(typed), now=now):
        return {"second factor": "recovery code", "left": unit.second_factors.codes_left(user_id)}
    try:
        step = step_of_code(seal.open(factor.sealed_secret), typed, after=factor.last_step, now=now)
    except SealBroken:
        raise NotSignedIn(
            "this console cannot read your second factor: use a recovery code", where="code"
        ) from None
    if step is None:
        unit.sign_in_failures.add(key, digest_of(typed), time=now)
        raise NotSignedIn("the code is wrong or was used before", where="code")
    factor.last_step = step
    return {"second factor": "app"}
