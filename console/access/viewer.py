"""The sender of a request: a user with a session, or a program with a token."""

from dataclasses import dataclass, replace

from console.access.rights import RIGHTS_OF, Right, Role


@dataclass(frozen=True)
class Viewer:
    """Name, rights and address of the sender. `csrf` is empty for programs, which send no cookie."""

    name: str
    rights: frozenset[Right]
    address: str
    user_id: int | None = None
    role: str = "machine"
    csrf: str = ""
    needs_second_factor: bool = False

    @classmethod
    def person(cls, user_id: int, name: str, role: str, csrf: str, address: str) -> "Viewer":
        """Return the viewer of a signed-in user, with the rights of their role."""
        return cls(name, RIGHTS_OF[Role(role)], address, user_id, role, csrf)

    def before_second_factor(self) -> "Viewer":
        """Return the viewer with the right to manage their own access only."""
        return replace(self, rights=self.rights & {Right.SIGNED_IN}, needs_second_factor=True)

    def may(self, right: Right) -> bool:
        """Whether the viewer has the right."""
        return right in self.rights
