"""The documentation builds without a warning, and its pages load nothing from other hosts."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

CLONE = Path(__file__).resolve().parents[3]
# Resources that a browser fetches when it opens a page; links that a reader may follow do not count.
FETCHED = re.compile(
    r"""<(?:script|img|iframe|source)\b[^>]*\bsrc=["']?(https?:)?//"""
    r"""|<link\b(?=[^>]*\brel=["']?(?:stylesheet|preconnect|preload|icon|modulepreload))[^>]*\bhref=["']?(https?:)?//""",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    quiet = os.environ | {"NO_MKDOCS_2_WARNING": "1"}  # about the future of Material, not about our pages
    built = subprocess.run(command, cwd=CLONE, env=quiet, capture_output=True, text=True, timeout=280)
    assert (built.returncode, built.stdout + built.stderr) == (0, "")
    return folder


def test_no_page_fetches_anything_from_another_host(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 15
    found = {
        str(page.relative_to(site)): m.group()
        for page in pages
        if (m := FETCHED.search(page.read_text("utf-8")))
    }
    assert found == {}


def test_mermaid_is_served_from_the_site_before_the_theme_would_fetch_it(site: Path) -> None:
    page = (site / "concepts" / "index.html").read_text("utf-8")
    assert 'class="mermaid"' in page
    assert re.search(r'<script[^>]*src="\.\./assets/mermaid/load\.js"[^>]*type="module"', page) or re.search(
        r'<script[^>]*type="module"[^>]*src="\.\./assets/mermaid/load\.js"', page
    )
    loader = (site / "assets" / "mermaid" / "load.js").read_text("utf-8")
    assert "window.mermaid" in loader
    assert (site / "assets" / "mermaid" / "index.js").stat().st_size > 0


def test_the_reference_shows_docstrings(site: Path) -> None:
    page = (site / "reference" / "index.html").read_text("utf-8")
    assert "meta.learners.gradient.GradientLearner" in page
    assert "Return parameters after the inner steps on one task" in page


def test_the_pattern_finds_what_it_must() -> None:
    assert FETCHED.search('<script defer src="https://cdn.example/x.js">')
    assert FETCHED.search('<link rel="stylesheet" href="//fonts.example/a.css">')
    assert not FETCHED.search('<a href="https://arxiv.org/abs/1703.03400">')
