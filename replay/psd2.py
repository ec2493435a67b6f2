"""Reference fraud rates of PSD2: how large a remote card payment may be without strong authentication.

Source: Commission Delegated Regulation (EU) 2018/389, annex; rates by value, of a quarter.
"""

from __future__ import annotations

BANDS = ((0.0001, 500), (0.0006, 250), (0.0013, 100))  # rate at most, payment in EUR at most


def exempt_up_to(rate: float) -> int:
    """Return the largest payment in EUR that is exempt at this fraud rate by value; 0 where none is.

    >>> exempt_up_to(0.0005), exempt_up_to(0.002)
    (250, 0)
    """
    return next((limit for most, limit in BANDS if rate <= most), 0)
