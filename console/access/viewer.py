"""Whoever sends a request: a person with a session, or a machine with a token."""

from dataclasses import dataclass

from console.access.rights import RIGHTS_OF, Right, Role


@dataclass(frozen=True)
class Viewer:
    """Name, rights, and where the request came from. `csrf` is empty for machines, which send no cookie."""

    name: str
    rights: frozenset[Right]
    address: str
    user_id: int | None = None
    role: str = "machine"
    csrf: str = ""

    @classmethod
    def person(cls, user_id: int, name: str, role: str, csrf: str, address: str) -> "Viewer":
        """A user who is signed in, with the rights of their role."""
        return cls(name, RIGHTS_OF[Role(role)], address, user_id, role, csrf)

    def may(self, right: Right) -> bool:
        """Whether they have the right."""
        return right in self.rights
