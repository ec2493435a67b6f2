"""Checks a signed document offline: its signature, and every figure that follows from others in it."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from contracts.signing.documents import document_signer
from contracts.signing.principals import Registry
from contracts.signing.trust import Untrusted
from control.entry import Kind, content_hash_of
from control.parts import BASE, DETECTOR
from control.written_rules import DEFINITION
from evidence.document import AuditLine, Document
from evidence.signed_file import Signed, signed_bytes
from meta.intervals import wilson
from storage.audit_keys import AuditKey, AuditKeys
from storage.audit_log import AuditEntry, Head


class State(StrEnum):
    """Outcome of a check."""

    PASSED = "ok"
    FAILED = "FAILED"
    NOT_CHECKED = "not checked"


@dataclass(frozen=True)
class Check:
    """One check and its outcome, in words."""

    what: str
    state: State
    words: str


def check(signed: Signed, registry: Registry, keys: AuditKeys | None = None) -> list[Check]:
    """Check a document.

    Args:
        signed: document and signature.
        registry: principals and public keys that are trusted.
        keys: keys of the audit log; without them, keyed hashes are not checked.

    Returns:
        Every check, with what was not checked at the end.
    """
    document = signed.document
    found = [
        _signature(signed, registry),
        _entry_hash(document),
        _artifact_hash(document),
        _figures(document),
    ]
    found += [_audit_order(document), *_audit_hashes(document, keys), *_not_checked(signed, registry)]
    return found


def _of(what: str, passed: bool, words: str, failed: str) -> Check:
    return Check(what, State.PASSED if passed else State.FAILED, words if passed else failed)


def _signature(signed: Signed, registry: Registry) -> Check:
    one = signed.signature
    try:
        document_signer(registry, signed_bytes(signed.document), one)
    except Untrusted as error:
        return Check("signature", State.FAILED, str(error))
    return Check("signature", State.PASSED, f"Ed25519, key {one.key} of {one.principal}")


def _entry_hash(document: Document) -> Check:
    entry = document.entry
    if entry is None:
        return Check("content hash", State.NOT_CHECKED, "nothing was announced")
    try:
        again = content_hash_of(entry.kind, entry.id, entry.retired, entry.parent, entry.values, entry.parts)
    except ValueError:
        again = "none: the hash of a part is not hexadecimal"
    passed = again == entry.content_hash == document.changes[-1].content_hash if document.changes else False
    words = f"recomputed from values and hashes of parts: {again}"
    return _of("content hash", passed, words, f"{words}, stated is {entry.content_hash}")


def _artifact_hash(document: Document) -> Check:
    if document.rule is not None and document.entry is not None:
        again = hashlib.sha256(document.rule.definition.encode()).hexdigest()
        passed = again == document.entry.parts.get(DEFINITION)
        return _of(
            "definition", passed, f"its hash is that of the control entry: {again}", "its hash differs"
        )
    data = document.training or document.flags
    part = BASE if document.training else DETECTOR
    stated = document.entry.parts.get(part) if document.entry else None
    if data is None or stated is None:
        return Check("artifact", State.NOT_CHECKED, "the last control entry holds no artifact")
    words = f"the last control entry holds the artifact {data.artifact}"
    return _of(
        "artifact", stated == data.artifact, words, f"stated is {data.artifact}, announced was {stated}"
    )


def _figures(document: Document) -> Check:
    found = document.outcomes
    judged = found.confirmed + found.rejected
    low, high = wilson(found.confirmed, judged)
    precision = found.confirmed / judged if judged else None
    passed = (
        found.precision == precision
        and math.isclose(found.low, low, abs_tol=1e-12)
        and math.isclose(found.high, high, abs_tol=1e-12)
        and judged <= found.alerts
    )
    words = (
        f"precision and its interval follow from {found.confirmed} confirmed and {found.rejected} rejected"
    )
    return _of("outcomes", passed, words, "precision or its interval does not follow from the counts")


def _audit_order(document: Document) -> Check:
    """Positions rise, stay within the log, and neighbours are chained."""
    lines = document.audit.lines
    try:
        end = Head.read(document.audit.end)
    except ValueError as error:
        return Check("audit excerpt", State.FAILED, str(error))
    pairs = list(pairwise(lines))
    rising = all(a.position < b.position for a, b in pairs) and all(
        one.position <= end.position for one in lines
    )
    neighbours = [(a, b) for a, b in pairs if b.position == a.position + 1]
    chained = all(b.previous_hash == a.hash for a, b in neighbours)
    last = all(one.hash == end.hash for one in lines if one.position == end.position)
    words = f"{len(lines)} entries in order, {len(neighbours)} pairs of neighbours chained"
    return _of("audit excerpt", rising and chained and last, words, "entries are out of order or not chained")


def _audit_hashes(document: Document, keys: AuditKeys | None) -> Iterator[Check]:
    lines = document.audit.lines
    able = [one for one in lines if one.key_id is None or (keys and keys.find(one.key_id))]
    wrong = [one.position for one in able if _stored(one).expected_hash(_key(keys, one)) != one.hash]
    if able:
        words = f"{len(able)} recomputed from their content"
        yield _of("audit hashes", not wrong, words, f"entries {wrong} do not give their hashes")
    if missing := sorted({str(one.key_id) for one in lines if one not in able}):
        count = len(lines) - len(able)
        words = f"{count} are keyed with {', '.join(missing)}; give the key in FLAGFIVE_STORAGE__AUDIT_KEY"
        yield Check("audit hashes", State.NOT_CHECKED, words)


def _key(keys: AuditKeys | None, line: AuditLine) -> AuditKey | None:
    return keys.find(line.key_id) if keys and line.key_id else None


def _stored(line: AuditLine) -> AuditEntry:
    fields = {name: getattr(line, name) for name in line.__struct_fields__}
    return AuditEntry(**fields)


def _not_checked(signed: Signed, registry: Registry) -> Iterator[Check]:
    """Name what a file cannot prove, and the command that can where the system is at hand."""
    document, known = signed.document, registry.find(signed.signature.key)
    if known is not None and known.retired:
        words = "the key is retired by now; that the file was signed before then is not proven"
        yield Check("time of signature", State.NOT_CHECKED, words)
    end = document.audit.end
    words = f"against the log itself: `flagfive audit verify --known {end}`"
    yield Check("audit log", State.NOT_CHECKED, words)
    if document.entry is not None:
        key = f"{document.entry.kind}/{document.entry.id}"
        words = (
            f"signatures of control entries were verified when the file was made: `flagfive history {key}`"
        )
        yield Check("control log", State.NOT_CHECKED, words)
    data = (
        "the training data"
        if document.inventory.kind in (Kind.BASE, Kind.SHADOW)
        else "the flagged transactions"
    )
    if document.inventory.kind == Kind.RULE:
        data = "transactions"
    words = f"{data}, alerts and verdicts are not in the file, only their hashes and counts"
    yield Check("data", State.NOT_CHECKED, words)
