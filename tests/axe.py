"""Looks for barriers on a page with axe-core, which the package axe-playwright-python carries."""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from playwright.sync_api import Page

SERIOUS = ("serious", "critical")
# Colours change over 0.3 s when the theme does; axe-core would see one in between.
_RUN = """async () => {
    const changing = document.getAnimations().filter((one) => one instanceof CSSTransition);
    await Promise.all(changing.map((one) => one.finished.catch(() => {})));
    const found = await axe.run(document, { resultTypes: ["violations"] });
    const places = (one) => one.nodes.map((node) => node.target.join(" "));
    return found.violations.map((one) => [one.impact, one.id, places(one)]);
}"""


def serious_findings(page: Page) -> list[str]:
    """Return each serious or critical finding of axe-core, with the elements that it is about."""
    page.evaluate(_script())
    found = page.evaluate(_RUN)
    return [f"{rule}: {', '.join(places)}" for impact, rule, places in found if impact in SERIOUS]


@lru_cache(maxsize=1)
def _script() -> str:
    spec = find_spec("axe_playwright_python")
    assert spec is not None, "axe-playwright-python is not installed; requirements/test.txt has it"
    assert spec.submodule_search_locations is not None
    return (Path(spec.submodule_search_locations[0]) / "axe.min.js").read_text("utf-8")
