"""An entry as signed bytes: magic, lengths, key id, JSON header, safetensors parts, signature.

    | 4 "FFC2" | 4 header length | 4 content length | 8 key id | header | parts in their order | signature |

Entries of a shared secret begin with "FFC1" and have no key id: the version before reads only those. Lengths
are little endian. The signature covers all bytes before it. Kind and id are part of the header, so
an entry cannot be moved to another record key. Sizes are checked before anything is parsed, and the
signature before anything is used.
"""

import struct
from typing import Any

import msgspec

from contracts.signing.keys import SharedSecret
from contracts.undecodable import UNDECODABLE
from control.entry import Entry, Kind
from control.errors import (
    ForgedEntry,
    MalformedEntry,
    OversizedEntry,
    TruncatedEntry,
    UnknownKind,
)
from control.keys import ControlKey

WITHOUT_ID, WITH_ID = b"FFC1", b"FFC2"
KEY_ID_BYTES = 8
PREFIX = struct.Struct("<4sII")
MAX_HEADER = 64 * 1024
MAX_CONTENT = 4 * 1024 * 1024  # bytes: a base is under 1 MB, and 4 MB still fit one record
MAX_SIGNATURE = 64
MAX_ENVELOPE = PREFIX.size + KEY_ID_BYTES + MAX_HEADER + MAX_CONTENT + MAX_SIGNATURE


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The JSON header; `parts` has the names and byte lengths of the parts, in the order of the content.

    Defaults are left out, so that the version before, which does not know `place`, reads all other entries.
    """

    kind: str
    id: str
    author: str
    reason: str
    time: float
    sequence: int
    content_hash: str
    algorithm: str
    parts: list[tuple[str, int]] = []
    values: dict[str, Any] = {}
    parent: str | None = None
    retired: bool = False
    place: int | None = None


def seal(entry: Entry, key: ControlKey) -> bytes:
    """Return `entry` as a signed record value.

    Raises:
        OversizedEntry: The entry is larger than readers accept.
        UnusableKey: The key can only verify.
    """
    header = msgspec.json.encode(_header(entry, key))
    content = b"".join(entry.parts.values())
    if len(header) > MAX_HEADER or len(content) > MAX_CONTENT:
        raise OversizedEntry(
            f"entry {entry.key.decode()}: header {len(header)} of at most {MAX_HEADER} bytes, "
            f"parts {len(content)} of at most {MAX_CONTENT}"
        )
    signed = _prefix(key, len(header), len(content)) + header + content
    return signed + key.sign(signed)


def unseal(value: bytes | None, record_key: bytes | None, key: ControlKey) -> Entry:
    """Verify a record of the control log and return its entry.

    A replay can only be found by comparing with what is in force, so `Snapshot.apply` does that.

    Args:
        value: Value of the record.
        record_key: Key of the record.
        key: Keys of which one must have signed the entry.

    Raises:
        ForgedEntry: No key of `key` signed it, or it lies under another record key.
        TruncatedEntry: It has fewer or more bytes than its lengths say.
        OversizedEntry: It is larger than any entry may be.
        UnknownKind: This version does not know its kind.
        MalformedEntry: Its header cannot be read, or does not fit its content.
    """
    if value is None:
        raise ForgedEntry("a record without value is not signed; a retirement is a signed entry")
    header_begin, header_end, content_end = _bounds(value)
    key_id = value[PREFIX.size : header_begin].hex() or None
    if not key.verifies(value[:content_end], value[content_end:], key_id):
        by = f"key {key_id}" if key_id else "a key without id"
        raise ForgedEntry(f"signed by {by}, which is not among this process's valid keys, or forged")
    entry = _entry(_parse(value[header_begin:header_end]), value[header_end:content_end])
    if entry.key != record_key:
        raise ForgedEntry(f"entry {entry.key!r} lies under the record key {record_key!r}")
    return entry


def _header(entry: Entry, key: ControlKey) -> Header:
    return Header(
        kind=entry.kind,
        id=entry.id,
        author=entry.author,
        reason=entry.reason,
        time=entry.time,
        sequence=entry.sequence,
        content_hash=entry.content_hash,
        algorithm=key.algorithm,
        parts=[(name, len(part)) for name, part in entry.parts.items()],
        values=dict(entry.values),
        parent=entry.parent,
        retired=entry.retired,
        place=entry.place,
    )


def key_id_of(value: bytes) -> str | None:
    """Return the id of the key that an envelope names; None where it names none or is no envelope."""
    if value[: len(WITH_ID)] != WITH_ID:
        return None
    return value[PREFIX.size : PREFIX.size + KEY_ID_BYTES].hex()


def _prefix(key: ControlKey, header: int, content: int) -> bytes:
    if key.algorithm == SharedSecret.algorithm:
        return PREFIX.pack(WITHOUT_ID, header, content)
    return PREFIX.pack(WITH_ID, header, content) + bytes.fromhex(key.id)


def _bounds(value: bytes) -> tuple[int, int, int]:
    """Return where the header begins, and where header and content end, in bytes from the start."""
    if len(value) > MAX_ENVELOPE:
        raise OversizedEntry(f"{len(value)} bytes, at most {MAX_ENVELOPE}")
    if len(value) < PREFIX.size:
        raise TruncatedEntry(f"{len(value)} bytes, the shortest entry has more than {PREFIX.size}")
    magic, header, content = PREFIX.unpack_from(value)
    if magic not in (WITHOUT_ID, WITH_ID):
        raise ForgedEntry(f"begins with {magic!r}, entries begin with {WITH_ID!r} or {WITHOUT_ID!r}")
    if header > MAX_HEADER or content > MAX_CONTENT:
        raise OversizedEntry(
            f"claims {header} bytes of header and {content} of parts, at most {MAX_HEADER} and {MAX_CONTENT}"
        )
    begin = PREFIX.size + (KEY_ID_BYTES if magic == WITH_ID else 0)
    end = begin + header + content
    if not end < len(value) <= end + MAX_SIGNATURE:
        raise TruncatedEntry(f"{len(value)} bytes, announced are {end} and a signature")
    return begin, begin + header, end


def _parse(header: bytes) -> Header:
    try:
        return msgspec.json.decode(header, type=Header)
    except UNDECODABLE as error:
        raise MalformedEntry(f"header: {error}") from error


def _entry(header: Header, content: bytes) -> Entry:
    if header.kind not in list(Kind):
        raise UnknownKind(f"kind {header.kind!r}, known are {', '.join(Kind)}")
    if sum(length for _, length in header.parts) != len(content) or any(n < 0 for _, n in header.parts):
        raise MalformedEntry(f"parts {header.parts} do not add up to {len(content)} bytes")
    entry = Entry(
        kind=Kind(header.kind),
        id=header.id,
        author=header.author,
        reason=header.reason,
        time=header.time,
        sequence=header.sequence,
        parts=_split(header.parts, content),
        values=header.values,
        parent=header.parent,
        retired=header.retired,
        place=header.place,
    )
    if entry.content_hash != header.content_hash:
        raise MalformedEntry("the content does not give the content hash of its header")
    return entry


def _split(lengths: list[tuple[str, int]], content: bytes) -> dict[str, bytes]:
    parts, start = {}, 0
    for name, length in lengths:
        parts[name] = content[start : start + length]
        start += length
    return parts
