"""A file gives figures; an error names the invalid row and column."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, replace
from pathlib import Path

import msgspec
import numpy as np
import pandas as pd
import pytest

from features.byte_strings import ByteStrings
from features.decode import Decoder
from features.offline import featurise
from replay.fold import NothingToLearn
from replay.leave_out import LeaveOutSettings, leave_out
from replay.mapping import LabelColumn, Mapping, WrongMapping
from replay.measures import ScoredWindow, measure
from replay.prequential import Plan, prequential
from replay.psd2 import exempt_up_to
from replay.reading import BadRow, RowReader
from replay.report import page
from replay.result import ReplayResult
from replay.survey import UnfitFile, survey
from replay.table import TableFile, UnreadableTable
from replay.write_result import as_json
from tests.unit.replay.files import MAPPING, payments, reader

PLAN = Plan(train_days=3, delay_days=1, test_days=2, folds=2, contenders=("lightgbm", "logistic"))


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> ReplayResult:
    return prequential(reader(tmp_path_factory.mktemp("files"), payments(), "parquet"), PLAN)


def test_contenders_find_fraud_that_is_easy_to_find(outcome: ReplayResult) -> None:
    assert list(outcome.contenders) == ["lightgbm", "logistic"]
    for figures in outcome.contenders.values():
        assert figures["auc_roc"].value > 0.97
        assert all(i.low <= i.value <= i.high for n, i in figures.items() if n == "average_precision")


def test_facts_of_the_file_come_first_and_then_the_quickest_contender(tmp_path: Path) -> None:
    told = list[str]()
    plan = replace(PLAN, contenders=("logistic", "shipped", "confirmed"), processes=1)
    prequential(reader(tmp_path, payments(), "parquet"), plan, tell=told.append)
    assert re.match(r"6,000 rows, 2024-03-01 to 2024-03-08, 8 days; \d+ frauds, \d\.\d+%", told[0])
    assert [line.partition(":")[0] for line in told[1:]] == ["confirmed", "shipped", "logistic"]


def test_an_interruption_keeps_the_contenders_that_have_finished(tmp_path: Path) -> None:
    def interrupt(line: str) -> None:
        if line.startswith("confirmed"):
            raise KeyboardInterrupt

    plan = replace(PLAN, contenders=("confirmed", "lightgbm"))
    found = prequential(reader(tmp_path, payments(), "parquet"), plan, tell=interrupt)
    assert list(found.contenders) == ["confirmed"]
    assert found.details["interrupted"]


def test_one_process_and_two_give_equal_figures(outcome: ReplayResult, tmp_path: Path) -> None:
    again = prequential(reader(tmp_path, payments(), "parquet"), replace(PLAN, processes=1))
    assert again.contenders == outcome.contenders
    assert not again.details["interrupted"]


def test_the_shipped_base_is_left_out_where_its_entities_are_missing(tmp_path: Path) -> None:
    told = list[str]()
    only_cards = msgspec.structs.replace(MAPPING, entities=MAPPING.entities[:1])
    plan = replace(PLAN, contenders=("shipped", "confirmed"))
    found = prequential(reader(tmp_path, payments(), mapping=only_cards), plan, tell=told.append)
    assert list(found.contenders) == ["confirmed"]
    assert told[1].startswith("shipped: left out")


def test_a_csv_file_gives_the_figures_of_its_parquet_twin(outcome: ReplayResult, tmp_path: Path) -> None:
    again = prequential(reader(tmp_path, payments()), PLAN)
    assert again.contenders == outcome.contenders


def test_the_result_says_all_that_is_needed_to_run_it_again(outcome: ReplayResult) -> None:
    found = json.loads(json.dumps(as_json(outcome, MAPPING, {"plan": asdict(PLAN)}, Path("payments.csv"))))
    assert {
        "name",
        "auc_roc",
        "average_precision",
        "card_precision_at_100",
        "recall_at_0.1pct",
        "alert_rate",
    } <= set(found["contenders"][0])
    assert set(found["contenders"][0]["auc_roc"]) == {"value", "low", "high"}
    assert found["configuration"]["plan"]["delay_days"] == 1


def test_features_are_those_of_the_live_decoder(tmp_path: Path) -> None:
    frame = payments(500)
    source = reader(tmp_path, frame)
    [part] = source.parts()
    rows = [
        json.dumps(
            {"id": r.id, "time": r.when.timestamp(), "amount": r.amount, "card": r.card, "shop": r.shop}
        )
        for r in frame.itertuples()
    ]
    values = ByteStrings.from_list([row.encode() for row in rows])
    live, rejects = Decoder(source.schema).decode(values, np.full(len(rows), 2e9))
    assert len(rejects) == 0
    assert featurise(source.schema, live).tobytes() == featurise(source.schema, part.columns).tobytes()


def changed(row: int, column: str, value: object) -> pd.DataFrame:
    frame = payments(200).astype({"when": str, "amount": str, "fraud": str})
    frame.loc[row - 1, column] = value
    return frame


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (changed(17, "when", "03/04/2024 10:00"), "row 17, column when: '03/04/2024 10:00'"),
        (changed(18, "when", "2023-01-01 00:00:00"), "row 18, column when: earlier than the row before"),
        (changed(19, "amount", "-3"), "row 19, column amount: '-3'"),
        (changed(20, "amount", "much"), "row 20, column amount: 'much'"),
        (changed(21, "fraud", "2"), "row 21, column fraud: '2', allowed is one of 0, 1"),
        (changed(22, "id", "t4"), "row 22, column id: 't4' is also the id of row 5"),
        (changed(23, "card", None), "row 23, column card: None"),
    ],
)
def test_a_bad_value_is_told_by_row_and_column(frame: pd.DataFrame, words: str, tmp_path: Path) -> None:
    with pytest.raises(BadRow, match=words.replace("(", r"\(")):
        survey(reader(tmp_path, frame))


def test_files_that_cannot_be_replayed_say_why(tmp_path: Path) -> None:
    with pytest.raises(UnfitFile, match="no rows"):
        survey(reader(tmp_path, payments().iloc[:0], "parquet"))
    with pytest.raises(UnfitFile, match="0 fraud and"):
        survey(reader(tmp_path, payments().assign(fraud=0)))
    with pytest.raises(UnfitFile, match="14 days are needed"):
        prequential(reader(tmp_path, payments()), Plan(folds=0, train_days=7, delay_days=7))
    with pytest.raises(WrongMapping, match="entity:card = 'card'"):
        reader(tmp_path, payments().drop(columns="card"))


def test_a_training_span_without_fraud_is_told(tmp_path: Path) -> None:
    frame = payments()
    frame.loc[frame.when < "2024-03-04", "fraud"] = 0
    with pytest.raises(NothingToLearn, match="days 0 to 3"):
        prequential(reader(tmp_path, frame), PLAN)


def test_a_file_without_entities_is_replayed(tmp_path: Path) -> None:
    bare = Mapping(id="id", time="when", amount="amount", label=LabelColumn("fraud"))
    found = prequential(reader(tmp_path, payments(), mapping=bare), PLAN)
    assert found.contenders["lightgbm"]["auc_roc"].value > 0.97


def test_card_precision_counts_a_card_once_and_not_again_on_later_days() -> None:
    window = ScoredWindow(
        score=np.array([3.0, 2.0, 1.0, 3.0, 2.0]),
        fraud=np.array([True, True, False, True, True]),
        card=np.array([1, 1, 2, 1, 3], np.uint64),
        day=np.array([0, 0, 0, 1, 1]),
        amount=np.ones(5),
        threshold=2.5,
    )
    assert measure([window], replicates=20)["card_precision_at_100"].value == pytest.approx(0.01)


def test_measures_agree_with_scikit_learn() -> None:
    from sklearn.metrics import average_precision_score, roc_auc_score

    rng = np.random.default_rng(0)
    fraud = rng.random(2_000) < 0.05
    score = (rng.standard_normal(2_000) + 1.5 * fraud).round(1)  # with ties
    cards, days = rng.integers(0, 400, 2_000).astype(np.uint64), np.zeros(2_000, np.int64)
    found = measure([ScoredWindow(score, fraud, cards, days, np.ones(2_000), 2.0)], replicates=20)
    assert found["auc_roc"].value == pytest.approx(roc_auc_score(fraud, score))
    assert found["average_precision"].value == pytest.approx(average_precision_score(fraud, score))
    assert found["alert_rate"].value == pytest.approx(np.mean(score[~fraud] > 2.0))


@pytest.mark.parametrize(
    ("content", "words"), [("", "Empty CSV file"), ("id,when,amount,card,shop,fraud,kind\n", "no rows")]
)
def test_a_file_with_nothing_in_it_is_told(content: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "empty.csv"
    path.write_text(content)
    with pytest.raises((UnfitFile, UnreadableTable), match=words):
        survey(RowReader(TableFile(path, as_text=True), MAPPING))


def test_further_columns_become_features_without_code(tmp_path: Path) -> None:
    """The amount is uninformative here: only the further columns show fraud."""
    rng = np.random.default_rng(1)
    frame = payments().assign(amount=10.0)
    fraud = frame.fraud == 1
    frame["distance"] = np.where(fraud, 40, 10) + rng.standard_normal(len(frame))
    frame["device"] = np.where(fraud, "old", rng.choice(["a", "b", "c"], len(frame)))
    frame.loc[5, "device"] = None
    for column, kind in (("distance", "numeric"), ("device", "categorical")):
        wide = msgspec.structs.replace(MAPPING, **{kind: (column,)})
        found = prequential(reader(tmp_path, frame, mapping=wide), PLAN)
        assert found.contenders["lightgbm"]["auc_roc"].value > 0.95
    plain = prequential(reader(tmp_path, frame), PLAN)
    assert plain.contenders["lightgbm"]["auc_roc"].value < 0.7


def test_the_page_loads_nothing_from_elsewhere_and_comes_out_the_same(outcome: ReplayResult) -> None:
    found = as_json(outcome, MAPPING, {"plan": asdict(PLAN)}, Path("payments.csv"))
    html = page(outcome, found)
    assert html.count("<svg") == 5
    assert not re.search(r"(src|href)=.https?:|<script|<link", html.replace('xlink:href="#', ""))
    assert html == page(outcome, found)


def test_a_pattern_left_out_is_found_after_five_flags(tmp_path: Path) -> None:
    frame = payments(24_000, days=15)
    rng = np.random.default_rng(5)
    small = rng.random(len(frame)) < 0.01
    frame.loc[small, ["amount", "fraud", "kind"]] = [0.5, 1, "small"]
    plan = Plan(train_days=7, delay_days=4, test_days=4)
    settings = LeaveOutSettings("small", adapters=("logistic",), base_steps=200, meta_steps=60)
    found = leave_out(reader(tmp_path, frame), plan, settings)
    before, after = (c["recall_at_0.5pct"].value for c in found.contenders.values())
    [pattern] = found.details["patterns"]
    assert pattern["kept_as_draft"] == {}
    assert pattern["later_frauds"] > 20
    assert after > before + 0.5


def test_a_pattern_that_nobody_knows_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnfitFile, match="no fraud of a pattern 'other'; there are large"):
        leave_out(reader(tmp_path, payments()), Plan(3, 1, 2), LeaveOutSettings("other"))


def test_the_rule_on_confirmed_entities_waits_for_labels(tmp_path: Path) -> None:
    """All fraud is at one shop: the rule finds it after the first labels; the other contenders cannot."""
    frame = payments()
    frame.loc[frame.fraud == 1, "shop"] = "bad"
    plan = Plan(3, 1, 2, 2, contenders=("confirmed",))
    found = prequential(reader(tmp_path, frame), plan)
    assert found.contenders["confirmed"]["auc_roc"].value > 0.95
    late = prequential(reader(tmp_path, frame), Plan(1, 6, 1, 1, contenders=("confirmed",), start=0))
    assert late.contenders["confirmed"]["auc_roc"].value <= found.contenders["confirmed"]["auc_roc"].value


def test_values_of_the_pattern_column_are_grouped_into_families(tmp_path: Path) -> None:
    frame = payments(2_000)
    frame.loc[frame.fraud == 1, "kind"] = np.resize(["a", "b", "c"], int(frame.fraud.sum()))
    label = LabelColumn("fraud", pattern="kind", families={"both": ("a", "b")})
    source = reader(tmp_path, frame, mapping=msgspec.structs.replace(MAPPING, label=label))
    [part] = source.parts()
    assert source.families == ["both"]
    named = part.family[frame.fraud == 1]
    assert named.tolist() == np.resize([0, 0, -1], len(named)).tolist()
    assert set(part.family[frame.fraud == 0].tolist()) == {-1}


def test_the_fraud_rate_by_value_is_what_passed_of_all_that_was_paid() -> None:
    window = ScoredWindow(
        score=np.array([2.0, 0.0, 0.0, 0.0]),
        fraud=np.array([True, True, False, False]),
        card=np.arange(4).astype(np.uint64),
        day=np.zeros(4, np.int64),
        amount=np.array([500.0, 5.0, 4_000.0, 495.0]),
        threshold=1.0,
    )
    rate = measure([window], replicates=20)["fraud_rate_by_value"].value
    assert rate == pytest.approx(0.001)
    assert exempt_up_to(rate) == 100
