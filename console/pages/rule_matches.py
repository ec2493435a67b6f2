"""Matches of a rule: by day, and the last transactions."""

from console.pages.charts import DAYS, over_time
from console.pages.entity import payments_table
from console.pages.parts import box, empty, panel, text, tile
from console.pages.viewer import PageViewer
from console.pages.words import count, percent
from console.results.rules import RuleDetails


def matches_panel(viewer: PageViewer, found: RuleDetails) -> None:
    """Draw figures, a plot by day of event time, and the last matches."""
    shadow, live = (sum(getattr(day, name) for day in found.days) for name in ("shadow", "live"))
    with panel("Matches") as whole, box("stack tight"):
        whole.props["data-matches"] = shadow + live
        if not shadow + live:
            hint = "In shadow, matches appear here as soon as payments match."
            empty("No matches yet", hint, "hourglass_empty")
            return
        _tiles(found, shadow, live)
        series = {"in shadow": [day.shadow for day in found.days], "alerts": [day.live for day in found.days]}
        over_time(
            [day.at for day in found.days], series, zone=viewer.zone, label="Matches by day", written=DAYS
        )
        text("Last matches", tag="h3")
        payments_table(viewer, found.newest, "No matched transaction is stored any more.")


def _tiles(found: RuleDetails, shadow: int, live: int) -> None:
    confirmed, rejected = (
        sum(getattr(day, name) for day in found.days) for name in ("confirmed", "rejected")
    )
    judged = confirmed + rejected
    with box("tiles"):
        tile("Matches in shadow", f"{shadow:,}", f"in {len(found.days)} days")
        tile("Alerts", f"{live:,}", count(judged, "alert") + " judged")
        tile("Precision so far", percent(confirmed / judged, 0) if judged else "–")
