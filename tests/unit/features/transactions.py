"""Transactions for tests of profiles and features."""

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

from features.columns import Columns
from features.offline import columns_from

DAY_S = 86_400.0
START = 1_700_000_000.0


def transactions(
    times: npt.ArrayLike, amounts: npt.ArrayLike, cards: list[str], merchants: list[str] | None = None
) -> Columns:
    """Return columns of transactions from the relevant fields only."""
    merchants = merchants if merchants is not None else ["m"] * len(cards)
    category = np.array([5411 + len(merchant) % 3 for merchant in merchants], np.int32)
    return columns_from(times, amounts, (np.array(cards), np.array(merchants)), category=category)


@st.composite
def streams(draw: st.DrawFn, most: int = 60) -> Columns:
    """Draw few cards and merchants; times mostly run forwards, sometimes back, some far apart."""
    n = draw(st.integers(1, most))
    steps = draw(
        st.lists(
            st.sampled_from([-3_600.0, 0.0, 1.0, 60.0, 7_000.0, 9e4, 2e6, 1.2e7]), min_size=n, max_size=n
        )
    )
    amounts = draw(st.lists(st.floats(0.0, 1e4), min_size=n, max_size=n))
    cards = draw(st.lists(st.sampled_from(["c1", "c2", "c3"]), min_size=n, max_size=n))
    merchants = draw(st.lists(st.sampled_from(["a", "bb", "ccc", "dddd"]), min_size=n, max_size=n))
    return transactions(
        np.maximum.accumulate(START + np.cumsum(steps)) + np.minimum(steps, 0.0), amounts, cards, merchants
    )
