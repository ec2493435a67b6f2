"""The document as one HTML page: no script runs, nothing is loaded, and every text is escaped.

The page carries the signed file, so `flagfive evidence verify` reads either. It renders the page again from
it and compares every byte.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from html import escape

from evidence.sections import Section, sections_of
from evidence.signed_file import NotEvidence, Signed, read
from evidence.triggers import day_of

_BEGIN, _END = '<script type="application/json" id="evidence">\n', "</script>"
_CARRIED = re.compile(re.escape(_BEGIN) + "(.*?)" + re.escape(_END), re.DOTALL)
_STYLE = """
:root { color-scheme: light dark; --line: #c8ccd2; --soft: #f2f4f7; --quiet: #59626f; }
@media (prefers-color-scheme: dark) { :root { --line: #454b55; --soft: #23272e; --quiet: #a3acb9; } }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin-bottom: 0; } h2 { font-size: 1.1rem; margin: 2rem 0 .3rem; }
p { margin: .3rem 0; } .quiet { color: var(--quiet); }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; margin: .5rem 0; }
th, td { text-align: left; vertical-align: top; padding: .25rem .6rem; border-bottom: 1px solid var(--line); }
thead th { background: var(--soft); } tbody th { width: 14rem; font-weight: 600; }
th + td, td:last-child { overflow-wrap: anywhere; } td + td:last-child { min-width: 8rem; }
@media (max-width: 40rem) { tbody th { width: 8rem; } }
@media print {
  :root { color-scheme: light; --line: #999; --soft: #eee; --quiet: #444; }
  body { max-width: none; margin: 0; font-size: 10pt; }
  h2 { break-after: avoid; } tr { break-inside: avoid; } .wide { overflow: visible; }
}
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def page_of(signed: Signed) -> bytes:
    """Return the page of a signed document."""
    row = signed.document.inventory
    title = f"Evidence: {row.kind} {row.name}"
    signature = signed.signature
    made = f"Made {day_of(signed.document.made_at)} by {signed.document.made_by}"
    by = f"{made}, signed by {signature.principal} with the key {signature.key}."
    parts = [
        "<!doctype html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        f"<title>{escape(title)}</title>",
        f"<style>{_STYLE}</style>",
        "</head>",
        "<body>",
        "<main>",
        f"<h1>{escape(title)}</h1>",
        f'<p class="quiet">{escape(by)} This page does not check itself: run '
        "<code>flagfive evidence verify</code> on the file.</p>",
        *(part for section in sections_of(signed.document) for part in _section(section)),
        "</main>",
        f"{_BEGIN}{_data(signed)}{_END}",
        "</body>",
        "</html>",
        "",
    ]
    return "\n".join(parts).encode()


def read_page(content: bytes) -> Signed:
    """Read the signed file that a page carries.

    Args:
        content: the bytes of the page.

    Raises:
        NotEvidence: the page carries none, or is not the page of the document that it carries.
    """
    try:
        found = _CARRIED.findall(content.decode())
        if len(found) != 1:
            raise NotEvidence("the page carries no evidence, or several")
        plain = json.loads(found[0])
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise NotEvidence(f"the evidence in the page cannot be read: {error}") from None
    text = json.dumps(plain, sort_keys=True, indent=1, ensure_ascii=True)
    signed = read(text.encode() + b"\n")
    if page_of(signed) != content:
        raise NotEvidence(
            "the page does not show the document that it carries: it was changed, or made by another "
            "version; check the JSON file"
        )
    return signed


def _data(signed: Signed) -> str:
    """The file, with what could end the element written as escapes of JSON."""
    text = signed.to_bytes().decode()
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _section(section: Section) -> Iterable[str]:
    yield f"<h2>{escape(section.title)}</h2>"
    yield from (f"<p>{escape(sentence)}</p>" for sentence in section.words)
    if section.facts:
        rows = (
            f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>'
            for name, value in section.facts
        )
        yield f'<div class="wide"><table><tbody>{"".join(rows)}</tbody></table></div>'
    if section.rows:
        head = "".join(f'<th scope="col">{escape(name)}</th>' for name in section.columns)
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in section.rows
        )
        yield f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
