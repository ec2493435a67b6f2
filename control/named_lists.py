"""All named lists in force, for what scores and for rules that name them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from control.applied import Applied
from control.list_entries import list_and_bucket
from rules.lists.bucket import Bucket
from rules.lists.definition import ListDefinition, Use
from rules.lists.table import ListTable


@dataclass(frozen=True)
class NamedLists:
    """All named lists. Immutable.

    Attributes:
        all: Lists by name, also those whose definition is gone or not there yet.
    """

    all: Mapping[str, ListTable] = field(default_factory=dict)

    @cached_property
    def by_name(self) -> Mapping[str, ListTable]:
        """The lists that are defined, which rules may name."""
        return {name: one for name, one in sorted(self.all.items()) if one.definition is not None}

    @cached_property
    def kinds(self) -> dict[str, str]:
        """Kind of the entities on each defined list, by name; empty for ids of any kind."""
        return {name: one.definition.of for name, one in self.by_name.items() if one.definition is not None}

    @cached_property
    def deciding(self) -> tuple[tuple[ListDefinition, ListTable], ...]:
        """The lists that allow or block."""
        both = ((one.definition, one) for one in self.by_name.values())
        return tuple((d, one) for d, one in both if d is not None and d.use is not Use.WATCH)

    def after(self, changed: Iterable[Applied]) -> NamedLists:
        """Return the lists after entries were applied; the cost depends on these alone."""
        defined = dict[str, ListDefinition | None]()
        buckets: dict[str, dict[int, Bucket | None]] = {}
        for one in changed:
            name, number = list_and_bucket(one.entry.id)
            if number is not None:
                of_list = buckets.setdefault(name, {})
                of_list[number] = one.loaded if isinstance(one.loaded, Bucket) else None
            else:
                defined[name] = one.loaded if isinstance(one.loaded, ListDefinition) else None
        found = dict(self.all)
        for name, definition in defined.items():
            found[name] = found.get(name, ListTable()).defined(definition)
        for name, of_list in buckets.items():
            found[name] = found.get(name, ListTable()).having(of_list)
        return NamedLists({n: one for n, one in found.items() if one.definition is not None or len(one)})
