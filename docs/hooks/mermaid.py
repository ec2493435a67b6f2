"""Adds Mermaid to the site, so that diagrams load nothing from another host.

NiceGUI, which the console uses, ships Mermaid's files. Material for MkDocs fetches Mermaid from a public
network only if the page has none. A module of the page's own runs before Material looks.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

FOLDER = "assets/mermaid"
LOADER = 'import { mermaid } from "./index.js";\nwindow.mermaid = mermaid;\n'


def on_config(config: Any) -> Any:
    """Load Mermaid with every page."""
    from mkdocs.config.config_options import ExtraScriptValue

    script = ExtraScriptValue(f"{FOLDER}/load.js")
    script.type = "module"
    config.extra_javascript.append(script)
    return config


def on_files(files: Any, config: Any) -> Any:
    """Add the files of Mermaid to the site."""
    from mkdocs.structure.files import File

    for source in sorted(_mermaid().glob("*.js")):
        files.append(File.generated(config, f"{FOLDER}/{source.name}", abs_src_path=str(source)))
    files.append(File.generated(config, f"{FOLDER}/load.js", content=LOADER))
    return files


def _mermaid() -> Path:
    spec = find_spec("nicegui")
    folder = Path(spec.origin).parent / "elements" / "mermaid" / "dist" if spec and spec.origin else None
    if folder is None or not (folder / "index.js").is_file():
        raise FileNotFoundError("NiceGUI's Mermaid is missing: install requirements/test.txt")
    return folder
