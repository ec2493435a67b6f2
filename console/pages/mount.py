"""Put the pages onto the application that serves the API."""

from importlib.metadata import version
from pathlib import Path

from fastapi import FastAPI
from nicegui import app as pages_app
from nicegui import ui

from console.pages import (
    entity,
    episode,
    episodes,
    new_episode,
    queue,
    search,
    sign_in,
    transaction,
)

PAGES = (entity, episodes, new_episode, episode, queue, search, sign_in, transaction)
_STATIC = Path(__file__).parent / "static"
_ADDRESS = f"/console-{version('nicegui')}"  # cached by browsers: a new release has a new address


def mount_pages(app: FastAPI) -> None:
    """Serve the pages at `/`, after all routes of `app`, which must hold the API. Once in a process."""
    pages_app.state.api = app
    pages_app.add_static_files(_ADDRESS, _STATIC)
    ui.add_head_html(_HEAD, shared=True)
    # Tailwind would be compiled in the browser at each page; the style sheet has what is needed.
    ui.run_with(app, title="flagfive", language="en-GB", tailwind=False, show_welcome_message=False)


_HEAD = f"""
<script type="module" src="{_ADDRESS}/first.js"></script>
<script type="module" src="{_ADDRESS}/console.js"></script>
<link rel="stylesheet" href="{_ADDRESS}/console.css">
"""
