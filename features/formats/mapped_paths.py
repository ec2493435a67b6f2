"""Where the mapped fields stand in nested records."""

from __future__ import annotations

from collections.abc import Sequence

from features.formats.operations import NO_FIELD

Path = tuple[str, ...] | None
"""Names from the record down to a value; None where no field is mapped to it or to what it holds."""


class MappedPaths:
    """Finds the field that takes the value of a path.

    Args:
        fields: dotted path of each mapped field; None for one that no record has.

    >>> paths = MappedPaths(["id", "card.token"])
    >>> paths.slot(("card", "token")), paths.slot(("card",)), paths.leads_on(("card",))
    (1, -1, True)
    """

    def __init__(self, fields: Sequence[str | None]) -> None:
        self._slots = {tuple(name.split(".")): k for k, name in enumerate(fields) if name is not None}
        self._leading = {path[:length] for path in self._slots for length in range(len(path))}

    def slot(self, path: Path) -> int:
        """Return the number of the field that a value goes to, or NO_FIELD."""
        return NO_FIELD if path is None else self._slots.get(path, NO_FIELD)

    def leads_on(self, path: Path) -> bool:
        """Return whether a field is mapped to a value within this one."""
        return path is not None and path in self._leading

    def kept(self, path: Path) -> Path:
        """Return the path, or None where it leads to no field."""
        return path if path is not None and (path in self._slots or path in self._leading) else None
