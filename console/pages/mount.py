"""Mounts the pages on the application that serves the API."""

import hashlib
import logging
from pathlib import Path

from fastapi import FastAPI
from nicegui import app as pages_app
from nicegui import ui

from console.pages import (
    account,
    administration,
    bases,
    case,
    cases,
    control_history,
    detector_comparison,
    detectors,
    entity,
    episode,
    episodes,
    inventory,
    lists,
    monitoring,
    named_list,
    new_episode,
    policy,
    queue,
    rule,
    rules,
    search,
    suppressions,
    transaction,
)
from console.pages.sign_in import add_sign_in_page

PAGES = (
    queue, search, transaction, entity, episodes, new_episode, episode, detectors, bases,
    detector_comparison, control_history, inventory, rules, rule, policy, lists, named_list,
    suppressions, cases, case, monitoring, administration, account,
)  # fmt: skip
"""Each module registers its address when it is imported."""

_STATIC = Path(__file__).parent / "static"


def mount_pages(app: FastAPI) -> None:
    """Serve the pages at `/`, after all routes of `app`, which must hold the API. Call it once a process."""
    pages_app.state.api = app
    address = f"/static-{_digest()}"
    pages_app.add_static_files(address, _STATIC, max_cache_age=31_536_000)
    ui.add_head_html(_head(address), shared=True)
    # Pages call the API in the process; one log line a call would flood the log.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    # Tailwind would compile in the browser on each page; the style sheet has all that pages need.
    add_sign_in_page(app, address)
    ui.run_with(app, title="flagfive", language="en-GB", tailwind=False, show_welcome_message=False)


def _head(address: str) -> str:
    return (
        f'<script type="module" src="{address}/first.js"></script>'
        f'<script type="module" src="{address}/console.js"></script>'
        f'<link rel="stylesheet" href="{address}/console.css">'
    )


def _digest() -> str:
    """Hash all static files: browsers cache them, so a new release needs a new address."""
    whole = hashlib.sha256()
    for path in sorted(_STATIC.iterdir()):
        whole.update(path.read_bytes())
    return whole.hexdigest()[:12]
