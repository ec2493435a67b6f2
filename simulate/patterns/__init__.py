"""Patterns of fraud, one recipe per file.

Bases are trained on `KNOWN`. No training sees `HELD_OUT`: demo and tests take their new pattern from there.
"""

from simulate.patterns.account_takeover import AccountTakeover
from simulate.patterns.card_testing import CardTesting
from simulate.patterns.cash_out import CashOut
from simulate.patterns.compromised_merchant import CompromisedMerchant
from simulate.patterns.gift_card_burst import GiftCardBurst
from simulate.patterns.night_fuel import NightFuel
from simulate.patterns.pattern import Pattern
from simulate.patterns.split_purchases import SplitPurchases
from simulate.patterns.subscription_trap import SubscriptionTrap

_FOR_TRAINING: tuple[Pattern, ...] = (
    AccountTakeover(),
    CardTesting(),
    CashOut(),
    CompromisedMerchant(),
    GiftCardBurst(),
    SubscriptionTrap(),
)
_NEVER_TRAINED: tuple[Pattern, ...] = (SplitPurchases(), NightFuel())

KNOWN: dict[str, Pattern] = {pattern.name: pattern for pattern in _FOR_TRAINING}
HELD_OUT: dict[str, Pattern] = {pattern.name: pattern for pattern in _NEVER_TRAINED}
EVERY: dict[str, Pattern] = {**KNOWN, **HELD_OUT}

__all__ = ["EVERY", "HELD_OUT", "KNOWN", "Pattern"]
