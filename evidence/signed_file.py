"""The signed file: the document and its signature as JSON, in one form only.

    {"document": {...}, "signature": {"key", "principal", "signature", "time"}}

Names are sorted, the indent is one space, and other than ASCII characters are escaped. A file in another form
is refused, so every byte of it is covered. Signed are the bytes of the document without any white space.
"""

from __future__ import annotations

import json

import msgspec

from contracts.signing.documents import sign_document
from contracts.signing.trust import Signature, Trust
from contracts.undecodable import UNDECODABLE
from evidence.document import VERSION, Document

MOST_BYTES = 32 * 1024 * 1024
"""Largest file that is read: 500 entries of the audit log with large details take about 5 MB."""


class NotEvidence(Exception):
    """A file is no evidence file, or was changed; the message says where."""


class Signed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A document and its signature."""

    document: Document
    signature: Signature

    def to_bytes(self) -> bytes:
        """Return the file."""
        plain = msgspec.to_builtins(self)
        text = json.dumps(plain, sort_keys=True, indent=1, ensure_ascii=True, allow_nan=False)
        return text.encode() + b"\n"


def sign(document: Document, trust: Trust) -> Signed:
    """Sign a document; errors are those of `sign_document`."""
    return Signed(document, sign_document(trust, signed_bytes(document)))


def signed_bytes(document: Document) -> bytes:
    """Return the bytes of a document that are signed."""
    plain = msgspec.to_builtins(document)
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def read(content: bytes) -> Signed:
    """Read a signed file; the signature is not verified here.

    Args:
        content: the bytes of the file.

    Raises:
        NotEvidence: it is too large, is no such JSON, or is not in the one form that is allowed.
    """
    if len(content) > MOST_BYTES:
        raise NotEvidence(f"{len(content):,} bytes; evidence has at most {MOST_BYTES:,}")
    try:
        found = msgspec.json.decode(content, type=Signed)
    except UNDECODABLE as error:
        raise NotEvidence(f"not evidence of version {VERSION}: {error}") from None
    if found.to_bytes() != content:
        raise NotEvidence("the file is not in the form in which it was written: some bytes were changed")
    return found
