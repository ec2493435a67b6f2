"""A column of free text without card numbers."""

from typing import Any

from sqlalchemy import Dialect, Text
from sqlalchemy.types import TypeDecorator

from contracts.card_numbers import mask_card_numbers


class MaskedText(TypeDecorator[str]):
    """A column of free text whose card numbers are masked before they reach the database."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else mask_card_numbers(value)
