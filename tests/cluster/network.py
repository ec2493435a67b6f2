"""A network of its own for each broker, which can be cut off without a word, as a broken switch would.

Three network namespaces hang on one bridge; the tests and the workers are at the bridge. All of it belongs to
the namespaces of the process that runs the tests, and vanishes with it. `./run test cluster` makes those.
"""

from __future__ import annotations

import socket
import subprocess

BRIDGE, GATEWAY = "flagfive", 254


def address(number: int) -> str:
    """Return the address of a broker, or of the bridge."""
    return f"10.77.0.{number}"


def is_private() -> bool:
    """Return whether this process has a network to itself, with nothing but loopback and the bridge."""
    names = {name for _, name in socket.if_nameindex()}
    return names <= {"lo", BRIDGE} | {_port(number) for number in range(GATEWAY)}


class Network:
    """A bridge with a namespace for each broker.

    Args:
        numbers: of the brokers, 1 to 253.
    """

    def __init__(self, numbers: tuple[int, ...]) -> None:
        self._numbers = numbers
        _ip("link", "set", "lo", "up")
        _ip("link", "add", "name", BRIDGE, "address", _mac(GATEWAY), "type", "bridge")
        _ip("address", "add", f"{address(GATEWAY)}/24", "dev", BRIDGE)
        _ip("link", "set", BRIDGE, "up")
        for number in numbers:
            self._add(number)

    def inside(self, number: int) -> list[str]:
        """Return the words before a command that runs in the namespace of a broker."""
        return ["ip", "netns", "exec", _port(number)]

    def cut(self, number: int) -> None:
        """Drop all packets from and to a broker."""
        _ip("link", "set", _port(number), "down")

    def cut_from_peers(self, number: int) -> None:
        """Drop all packets from a broker to the other brokers; clients still reach it."""
        for peer in self._peers(number):
            self._within(number, "route", "replace", "blackhole", f"{address(peer)}/32")

    def heal(self, number: int) -> None:
        """Undo what cut the broker off."""
        _ip("link", "set", _port(number), "up")
        for peer in self._peers(number):
            command = [*self.inside(number), "ip", "route", "del", "blackhole", f"{address(peer)}/32"]
            subprocess.run(command, capture_output=True)  # fails where there is none

    def _peers(self, number: int) -> list[int]:
        return [other for other in self._numbers if other != number]

    def _add(self, number: int) -> None:
        """Add a namespace. Hardware addresses are fixed, so that a cut-off one stays known and silent."""
        _ip("netns", "add", _port(number))
        ends = ("name", _port(number), "type", "veth", "peer", "name", "eth0", "address", _mac(number))
        _ip("link", "add", *ends, "netns", _port(number))
        _ip("link", "set", _port(number), "master", BRIDGE, "up")
        _ip(
            "neighbour", "replace", address(number), "lladdr", _mac(number), "dev", BRIDGE, "nud", "permanent"
        )
        self._within(number, "link", "set", "lo", "up")
        self._within(number, "link", "set", "eth0", "up")
        self._within(number, "address", "add", f"{address(number)}/24", "dev", "eth0")
        for other in (*self._peers(number), GATEWAY):
            known = (address(other), "lladdr", _mac(other), "dev", "eth0", "nud", "permanent")
            self._within(number, "neighbour", "replace", *known)

    def _within(self, number: int, *arguments: str) -> None:
        subprocess.run([*self.inside(number), "ip", *arguments], check=True)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)


def _port(number: int) -> str:
    return f"broker{number}"


def _mac(number: int) -> str:
    return f"02:00:00:00:00:{number:02x}"
