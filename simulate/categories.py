"""Merchant categories: share of merchants, usual amounts, and opening hours."""

from __future__ import annotations

from typing import NamedTuple


class Category(NamedTuple):
    """A merchant category (ISO 18245) and its habits."""

    code: int
    name: str
    share: float
    """Share of all merchants."""
    median: float
    """Usual amount, EUR."""
    spread: float
    """Standard deviation of the logarithm of the amount."""
    online: float
    """Share of merchants without a shop."""
    opens: int
    """Opening hour of its shops, local time."""
    closes: int
    """Closing hour; over 24 is after midnight."""
    rounded: float = 0.0
    """Amounts are multiples of this; 0 for prices to the cent."""


CATEGORIES = (
    Category(5411, "groceries", 0.19, 27.0, 0.75, 0.05, 7, 22),
    Category(5541, "fuel", 0.07, 48.0, 0.40, 0.00, 0, 24),
    Category(5812, "restaurants", 0.14, 31.0, 0.65, 0.03, 10, 25),
    Category(5814, "fast food", 0.11, 11.5, 0.45, 0.10, 7, 27),
    Category(5912, "pharmacies", 0.06, 16.0, 0.70, 0.10, 8, 20),
    Category(5651, "clothing", 0.08, 49.0, 0.75, 0.35, 9, 21),
    Category(5732, "electronics", 0.05, 92.0, 0.95, 0.40, 9, 21),
    Category(5999, "other shops", 0.09, 34.0, 0.90, 0.45, 9, 21),
    Category(5947, "gifts and gift cards", 0.03, 32.0, 0.60, 0.45, 9, 21, rounded=5.0),
    Category(5815, "digital goods", 0.04, 7.5, 0.90, 1.00, 0, 24),
    Category(4111, "local transport", 0.05, 4.5, 0.80, 0.30, 0, 24),
    Category(7011, "hotels", 0.02, 140.0, 0.60, 0.50, 0, 24),
    Category(4511, "airlines", 0.01, 210.0, 0.65, 1.00, 0, 24),
    Category(6011, "cash machines", 0.02, 90.0, 0.60, 0.00, 0, 24, rounded=10.0),
    Category(4900, "utilities", 0.02, 65.0, 0.45, 1.00, 0, 24),
    Category(5968, "subscriptions", 0.02, 13.0, 0.50, 1.00, 0, 24),
)
BILL_CODES = (4900, 5968, 5815)  # categories of monthly bills
