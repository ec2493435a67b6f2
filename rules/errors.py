"""Errors in the text of a rule."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

_MOST_SHOWN = 12


class RuleError(ValueError):
    """A rule's text that cannot be used.

    Attributes:
        column: Column of the place, from 1; 0 where the whole text is meant.
        what: What was found, and what is allowed.
        found: The misspelt name, where one is the cause.
        close: Names that are spelt alike, the closest first.
    """

    def __init__(self, what: str, column: int = 0, *, found: str = "", close: tuple[str, ...] = ()) -> None:
        self.what, self.column, self.found, self.close = what, column, found, close
        super().__init__(f"column {column}: {what}" if column else what)

    def excerpt(self, text: str) -> str:
        """Return the text with a mark under the place.

        >>> print(RuleError("no such name", 3).excerpt("a &"))
        a &
          ^ no such name
        """
        return f"{text}\n{' ' * max(self.column - 1, 0)}^ {self.what}"


def unknown(kind: str, found: str, allowed: Iterable[str], column: int) -> RuleError:
    """Return the error for a name that is not known, with names that are spelt alike, or all of them."""
    names = sorted(allowed)
    close = get_close_matches(found, names, n=3, cutoff=0.6)
    if close:
        words = f"no {kind} {found!r}; did you mean {' or '.join(map(repr, close))}?"
        return RuleError(words, column, found=found, close=tuple(close))
    shown = ", ".join(names[:_MOST_SHOWN]) or "none"
    more = f" and {len(names) - _MOST_SHOWN} more" if len(names) > _MOST_SHOWN else ""
    return RuleError(f"no {kind} {found!r}; there are: {shown}{more}", column)
