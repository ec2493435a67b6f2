"""Signatures on documents that leave the system, such as evidence for a reviewer.

The signed content differs from that of a message, so no signature of one can pass for the other. A document
outlives keys: a key that is retired by now still verifies it, and the caller reports that.
"""

from __future__ import annotations

import json

from contracts.signing.principals import Known, Registry
from contracts.signing.trust import Forged, NotAllowed, Signature, Trust, UnknownSigner

MAY = "approve"
"""The right that a signer needs: who may put a detector in force may attest what is known about it."""


def sign_document(trust: Trust, document: bytes) -> Signature:
    """Return this process's signature of a document.

    Args:
        trust: identity of this process.
        document: the bytes to sign, in their canonical form.

    Raises:
        NotAllowed: the principal lacks the right `approve`.
        UnusableKey: this process has no private key.
    """
    known = trust.registry.principals.get(trust.name)
    if known is None or MAY not in known.may:
        raise NotAllowed(f"{trust.name} may not sign documents: that needs the right {MAY!r}")
    return trust.signature(lambda key, at: _content(document, trust.name, key, at))


def document_signer(registry: Registry, document: bytes, signature: Signature) -> Known:
    """Verify the signature of a document, and return the key that made it, which may be retired by now.

    Args:
        registry: the principals and their public keys.
        document: the signed bytes.
        signature: the signature.

    Raises:
        UnknownSigner: no key of that id is known for that principal.
        Forged: the signature does not fit.
        NotAllowed: the signer may not sign documents.
    """
    known = registry.find(signature.key)
    if known is None or known.principal.name != signature.principal:
        raise UnknownSigner(
            f"key {signature.key!r} of {signature.principal!r} is not among the trusted keys; "
            "`flagfive keys show` lists them"
        )
    content = _content(document, signature.principal, signature.key, signature.time)
    if not known.key.verifies(content, signature.signature):
        raise Forged(f"the signature does not fit key {signature.key} of {signature.principal}")
    if MAY not in known.principal.may:
        raise NotAllowed(f"{signature.principal} may not sign documents: that needs the right {MAY!r}")
    return known


def _content(document: bytes, principal: str, key: str, at: float) -> bytes:
    """Return what is signed: one line of JSON, then the document."""
    return json.dumps(["flagfive document", 1, principal, key, at]).encode() + b"\n" + document
