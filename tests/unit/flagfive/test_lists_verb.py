"""`flagfive lists`: a file is checked line by line before anything is sent."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
import typer
from typer.testing import CliRunner

from contracts.answer import Answer
from flagfive.errors import UserError
from flagfive.verbs import list_changes, lists
from rules.lists.bucket import Listed
from rules.lists.change import read_change
from settings import load_settings
from tests.named_lists import table_of


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[dict[str, str]]:
    """What the verbs send; each request is answered as live."""
    found: list[dict[str, str]] = []

    def ask_each(settings: object, kind: str, asked: list[dict[str, str]], **_: object) -> object:
        for fields in asked:
            found.append(fields)
            yield Answer("q", "live", "live")

    settings = load_settings(None, {"FLAGFIVE_LISTS__MOST_VALUES": "5", "FLAGFIVE_VAR": str(tmp_path)})
    monkeypatch.setattr(list_changes, "ask_each", ask_each)
    monkeypatch.setattr(list_changes, "settings_of", lambda _: settings)
    monkeypatch.setattr(lists, "settings_of", lambda _: settings)
    return found


def run(app: typer.Typer, *words: str) -> str:
    result = CliRunner().invoke(app, list(words), catch_exceptions=True)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0
    return result.stdout


def file_of(folder: Path, text: str) -> str:
    file = folder / "stolen.csv"
    file.write_text(text, encoding="utf-8")
    return str(file)


def test_a_file_makes_a_list_and_fills_it(sent: list[dict[str, str]], tmp_path: Path) -> None:
    file = file_of(tmp_path, "\ufeffvalue,reason\nc1,stolen\nc2,\nc1,lost\n")
    said = run(
        lists.app, "import", file, "--list", "stolen", "--use", "block", "--of", "card", "--reason", "bank"
    )
    assert "2 values, 1 repeated lines, 0 left out" in said
    (change,) = (read_change(one["definition"]) for one in sent)
    assert change.definition is not None
    assert (change.definition.use, change.definition.of) == ("block", "card")
    rows = {one.value: change.notes[one.note] for one in change.put}
    assert rows == {"c1": ("lost", "stolen.csv"), "c2": ("bank", "stolen.csv")}


def test_bad_lines_are_named_and_nothing_is_sent_unless_they_may_be_left_out(
    sent: list[dict[str, str]], tmp_path: Path
) -> None:
    file = file_of(tmp_path, "value,until\nc1,soon\nc2,\n")
    with pytest.raises(UserError, match="line 2: found the time 'soon', allowed is one such as"):
        run(lists.app, "import", file, "--list", "stolen")
    assert not sent
    assert "1 left out" in run(lists.app, "import", file, "--list", "stolen", "--skip-bad", "--dry-run")
    assert not sent
    run(lists.app, "import", file, "--list", "stolen", "--skip-bad")
    assert [one.value for one in read_change(sent[0]["definition"]).put] == ["c2"]


def test_limits_of_the_settings_are_named(sent: list[dict[str, str]], tmp_path: Path) -> None:
    file = file_of(tmp_path, "value\n" + "".join(f"c{n}\n" for n in range(6)))
    with pytest.raises(UserError, match="line 7: more than 5 values"):
        run(lists.app, "import", file, "--list", "stolen")
    with pytest.raises(UserError, match="No such file"):
        run(lists.app, "import", str(tmp_path / "none.csv"), "--list", "stolen")


def test_a_list_is_written_as_csv(sent: object, monkeypatch: pytest.MonkeyPatch) -> None:
    table = table_of({b"m1": Listed(0.0, "why", "bank", "ada", 1.0)})
    monkeypatch.setattr("flagfive.lists_in_force.list_in_force", lambda settings, name: table)
    assert run(lists.app, "export", "watched").splitlines() == [
        "value,until,reason,source,by,added",
        "m1,1970-01-01T00:00:00Z,why,bank,ada,1970-01-01T00:00:01Z",
    ]
    assert "bank" in run(lists.app, "show", "watched", "m1")
    with pytest.raises(UserError, match="'m2' is not on the list"):
        run(lists.app, "show", "watched", "m2")


def test_values_are_sent_with_their_end_and_reason(sent: object, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, str]] = []
    monkeypatch.setattr(list_changes, "ask_and_print", lambda context, kind, **fields: asked.append(fields))
    run(lists.app, "add", "watched", "m1", "m2", "--until", "1970-01-02", "--reason", "why")
    run(lists.app, "remove", "watched", "m1")
    run(lists.app, "define", "watched", "--of", "merchant")
    run(lists.app, "drop", "watched")
    put, removed, defined = (msgspec.json.decode(one["definition"]) for one in asked[:3])
    assert put == {"put": [["m1", 86_400.0, 0], ["m2", 86_400.0, 0]], "notes": [["why", ""]]}
    assert removed == {"remove": ["m1"]}
    assert defined == {"definition": {"of": "merchant"}}
    assert asked[3]["name"] == "list/watched"
