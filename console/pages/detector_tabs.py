"""The parts of the area Detectors, each with an address of its own."""

from console.pages.parts import tabs

PARTS = {
    "In force and on trial": "/detectors",
    "Bases": "/detectors/bases",
    "Compare": "/detectors/compare",
    "Changes": "/detectors/history",
    "Inventory": "/detectors/inventory",
}


def detector_tabs(here: str) -> None:
    """Draw links to all parts; `here` is the current one."""
    tabs(PARTS, here, "Parts of Detectors")
