"""Which requests a user of the console may send, by role; a program with a token has the role `machine`."""

from contracts.request import RequestKind

_ANALYST: tuple[RequestKind, ...] = ("flag", "preview", "label")
_CHANGES: tuple[RequestKind, ...] = ("retire", "rollback", "rule", "policy", "list", "suppress")
_LEAD: tuple[RequestKind, ...] = (*_ANALYST, "approve", *_CHANGES)
REQUESTS_OF_ROLE: dict[str, tuple[RequestKind, ...]] = {
    "machine": _ANALYST,
    "analyst": _ANALYST,
    "lead": _LEAD,
    "admin": _LEAD,
}
