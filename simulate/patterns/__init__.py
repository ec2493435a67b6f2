"""Patterns of fraud, one recipe per file.

Bases are trained on `KNOWN`. No training sees `HELD_OUT`: demo and tests take their new pattern from there.
Choices of adapters and constants are made on `VALIDATION`, which no training sees either.
"""

from simulate.patterns.account_takeover import AccountTakeover
from simulate.patterns.card_testing import CardTesting
from simulate.patterns.cash_out import CashOut
from simulate.patterns.compromised_merchant import CompromisedMerchant
from simulate.patterns.game_credit import GameCredit
from simulate.patterns.gift_card_burst import GiftCardBurst
from simulate.patterns.grocery_run import GroceryRun
from simulate.patterns.last_minute_flight import LastMinuteFlight
from simulate.patterns.night_fuel import NightFuel
from simulate.patterns.pattern import Pattern
from simulate.patterns.phantom_bookings import PhantomBookings
from simulate.patterns.pharmacy_round import PharmacyRound
from simulate.patterns.split_purchases import SplitPurchases
from simulate.patterns.subscription_trap import SubscriptionTrap
from simulate.patterns.ticket_resale import TicketResale
from simulate.patterns.tiny_surcharge import TinySurcharge
from simulate.patterns.utility_top_up import UtilityTopUp

_FOR_TRAINING: tuple[Pattern, ...] = (
    AccountTakeover(),
    CardTesting(),
    CashOut(),
    CompromisedMerchant(),
    GiftCardBurst(),
    SubscriptionTrap(),
)
_NEVER_TRAINED: tuple[Pattern, ...] = (SplitPurchases(), NightFuel())
_FOR_CHOICES: tuple[Pattern, ...] = (
    GameCredit(),
    GroceryRun(),
    LastMinuteFlight(),
    PharmacyRound(),
    PhantomBookings(),
    TicketResale(),
    TinySurcharge(),
    UtilityTopUp(),
)

KNOWN: dict[str, Pattern] = {pattern.name: pattern for pattern in _FOR_TRAINING}
HELD_OUT: dict[str, Pattern] = {pattern.name: pattern for pattern in _NEVER_TRAINED}
VALIDATION: dict[str, Pattern] = {pattern.name: pattern for pattern in _FOR_CHOICES}
UNTRAINED: dict[str, Pattern] = {**HELD_OUT, **VALIDATION}
EVERY: dict[str, Pattern] = {**KNOWN, **HELD_OUT, **VALIDATION}

__all__ = ["EVERY", "HELD_OUT", "KNOWN", "UNTRAINED", "VALIDATION", "Pattern"]
