"""The plot of a preview's trade-off."""

from __future__ import annotations

from console.pages.trade_off_panel import chart_of
from console.results.preview import TradeOffCurve, TradeOffRow

POINTS = [
    TradeOffRow(share, 0.5, caught, lost, None, None, 0.9, [], "")
    for share, caught, lost in ((-0.1, 10.0, 0.0), (0.0, 20.0, 0.5), (0.1, 25.0, 4.0))
]


def test_the_plot_shows_frauds_caught_and_lost_over_the_share_with_the_chosen_point_marked() -> None:
    chart = chart_of(TradeOffCurve(POINTS, 1, "EUR"))
    caught, lost = chart["series"]
    assert chart["xAxis"]["data"] == ["-0.1", "+0.0", "+0.1"]
    assert (caught["data"], lost["data"]) == ([10.0, 20.0, 25.0], [0.0, 0.5, 4.0])
    assert caught["markLine"]["data"] == [{"xAxis": "+0.0"}]
    assert "markLine" not in lost


def test_a_share_of_zero_has_one_name_whatever_its_sign() -> None:
    points = [TradeOffRow(-0.0, 0.5, 1.0, 0.0, None, None, 0.9, [], "")]
    chart = chart_of(TradeOffCurve(points, 0, ""))
    assert chart["xAxis"]["data"] == ["+0.0"]
    assert chart["series"][0]["markLine"]["data"] == [{"xAxis": "+0.0"}]
