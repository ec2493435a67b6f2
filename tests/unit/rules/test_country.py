"""Rules and segments read a country where the mapping has one, as in the example of docs/rules.md."""

from __future__ import annotations

import numpy as np

from features.byte_strings import ByteStrings
from features.schema import EntityField, TransactionSchema
from features.vector import FeatureLayout
from rules.checking import check
from rules.evaluation import Rows, matches
from rules.parsing import parse
from rules.policy.compiled import CompiledPolicy
from rules.policy.definition import policy_to_bytes, read_policy
from rules.program import compile_conditions
from rules.vocabulary import Vocabulary
from tests.decision_policies import policy, segment

MAPPED = TransactionSchema(
    entities=(
        EntityField("card", "card_id"),
        EntityField("merchant", "merchant_id"),
        EntityField("country", "merchant_country"),
    )
)
NAMES = Vocabulary(FeatureLayout(MAPPED).names)
COUNTRIES = [b"DE", b"FR", b"US", None]


def rows() -> Rows:
    n = len(COUNTRIES)
    ids = ByteStrings.from_list([b"%d" % at for at in range(n)])
    zeros = np.zeros(n)
    return Rows(
        np.zeros((n, len(NAMES.features)), np.float32), zeros, np.full(n, 100.0), np.zeros(n, np.int32),
        np.zeros(n, np.int32), {"card": ids, "merchant": ids, "country": ByteStrings.from_list(COUNTRIES)},
        np.full(n, 3.0), zeros, lambda: np.zeros((n, 1)), np.zeros((n, 3), np.float32),
        np.zeros((n, 3), np.float32),
    )  # fmt: skip


def test_a_condition_reads_the_country() -> None:
    texts = ('country.id == "US"', '!(country.id in ["DE", "FR"])', "country.count_1h >= 1")
    program = compile_conditions([check(parse(text), NAMES) for text in texts])
    found = matches(program, rows(), {})
    assert found.astype(bool).tolist() == [
        [False, False, True, False],
        [False, False, True, True],
        [False] * 4,
    ]


def test_a_segment_of_a_country_has_bounds_of_its_own() -> None:
    made = read_policy(
        policy_to_bytes(policy(segment("abroad", '!(country.id in ["DE", "FR"])', 2.0, 4.0), review=3.5))
    )
    bounds = CompiledPolicy.of(made, NAMES, None).bounds(rows(), ByteStrings.from_list([]), {}, 3.0)
    assert bounds.segment.tolist() == [1, 1, 0, 0]
    assert (rows().surprise > bounds.review).tolist() == [False, False, True, True]
