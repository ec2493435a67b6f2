"""A schema validates itself."""

import pytest

from features.schema import EntityField, SchemaError, TransactionSchema


def test_the_first_entity_is_the_primary_one() -> None:
    schema = TransactionSchema(
        entities=(EntityField("device", "device_id"), EntityField("card", "pan_token"))
    )
    assert schema.primary.name == "device"
    assert dict(schema.fields())["entities.card"] == "pan_token"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"id": ""}, r"schema\.id = '': the name of a message field is needed"),
        ({"amount": "timestamp"}, r"schema\.amount = 'timestamp': time already stands for it"),
        ({"category": 'm"cc'}, r"schema\.category = 'm\"cc': no quote, backslash or control character"),
        ({"time_unit": "minutes"}, r"time_unit = 'minutes': allowed are s, ms, us, iso8601"),
        ({"earliest": 5.0, "latest": 4.0}, "earliest before latest"),
        ({"max_ahead_s": -1.0}, r"max_ahead_s = -1\.0: seconds of 0 or more"),
        ({"entities": ()}, "at least one entity is needed"),
        ({"entities": (EntityField("Card", "c"),)}, r"schema\.entities: 'Card' must match"),
        ({"entities": (EntityField("card", "c"), EntityField("card", "d"))}, "'card' is named twice"),
        ({"digits_allowed_in": ("note",)}, r"digits_allowed_in names 'note': allowed are amount, card_id"),
    ],
)
def test_what_cannot_be_meant_is_named(settings: dict[str, object], message: str) -> None:
    with pytest.raises(SchemaError, match=message):
        TransactionSchema(**settings)  # type: ignore[arg-type]
