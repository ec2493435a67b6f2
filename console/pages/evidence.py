"""Links to the evidence file of a base, detector or rule, for those who may read the audit log."""

from urllib.parse import urlencode

from nicegui import ui

from console.pages.api_client import PREFIX
from console.pages.parts import box, text
from console.pages.viewer import PageViewer


def evidence_links(viewer: PageViewer, subject: str) -> None:
    """Offer the signed file as a page and as JSON; `subject` is `base/ID`, `detector/ID` or `rule/ID`."""
    if not viewer.may("audit"):
        return
    with box("offer"):
        text("Evidence for reviewers", "muted small", tag="span")
        for form, words in (("html", "Page"), ("json", "JSON")):
            query = urlencode({"subject": subject, "format": form})
            link = ui.link(words, f"{PREFIX}/evidence?{query}").classes("small")
            link.props["download"] = ""
            link.props["aria-label"] = f"Evidence about {subject}, {words}"
