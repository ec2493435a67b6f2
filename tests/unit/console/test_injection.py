"""Input from users and payments stays data: scripts, SQL, card numbers, headers."""

from collections.abc import Callable

import pytest

from console.context import ConsoleContext
from tests.unit.console.people import Person
from tests.unit.console.stored_rows import alert_row, scored_row

Sign = Callable[[str], Person]
SCRIPTS = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "javascript:alert(1)", "{{7*7}}"]
SQL = ["' OR '1'='1", "'; DROP TABLE alerts; --", "1) UNION SELECT password_hash FROM users --", "%", "_"]


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize("script", SCRIPTS)
def test_stored_scripts_come_back_as_the_same_text_in_json_alone(
    person: Sign, context: ConsoleContext, script: str
) -> None:
    ada = person("analyst")
    with context.unit() as unit:
        unit.transactions.add_many([scored_row(50, card=script)])
        unit.alerts.add_many([alert_row(50, card=script, words=f"merchant {script} is blocked")])
        unit.commit()
    ada.post("/transactions/tx-1/notes", {"text": script})
    case = ada.post("/cases", {"title": script}).json()["id"]
    told = [ada.get("/alerts", limit=1), ada.get("/transactions/tx-1"), ada.get(f"/cases/{case}")]
    for answer in told:
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert told[1].json()["notes"][-1]["text"] == script
    assert told[2].json()["title"] == script


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_reflected_script_is_json_too(person: Sign, script: str) -> None:
    ada = person("viewer")
    for answer in (ada.get("/transactions/" + script.replace("/", "")), ada.get("/alerts", sort=script)):
        assert answer.status_code in (404, 422)
        assert answer.headers["content-type"] == "application/json"


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize("sql", SQL)
def test_sql_in_filters_finds_nothing_and_harms_nothing(person: Sign, sql: str) -> None:
    ada = person("admin")
    for path, name in (
        ("/alerts", "card"), ("/alerts", "detector"), ("/alerts", "assignee"), ("/transactions", "q"),
        ("/transactions", "merchant"), ("/audit", "subject"), ("/cases", "owner"),
    ):  # fmt: skip
        answer = ada.get(path, **{name: sql})
        assert (answer.status_code, answer.json()["total"]) == (200, 0), (path, name)
    assert ada.get("/entities/card/" + sql.replace("/", "")).status_code == 404
    assert ada.get("/alerts").json()["total"] == 10


@pytest.mark.usefixtures("stored")
def test_a_card_number_in_a_note_never_reaches_the_database(person: Sign, context: ConsoleContext) -> None:
    ada = person("analyst")
    ada.post("/transactions/tx-1/notes", {"text": "holder of 4111 1111 1111 1111 called"})
    case = ada.post("/cases", {"title": "card 4111111111111111"}).json()
    ada.post(f"/cases/{case['id']}/links", {"url": "https://x.example", "title": "4111111111111111"})
    with context.unit(reads_only=True) as unit:
        connection = unit.session.connection().connection.driver_connection
        assert connection is not None
        dump = "\n".join(connection.iterdump())
    assert "411111******1111" in dump
    assert "4111111111111111" not in dump
    assert "4111 1111 1111 1111" not in dump


def test_pages_and_api_are_not_framed_and_load_from_nowhere_else(person: Sign) -> None:
    api = person("viewer").get("/session").headers
    page = person("viewer").send("GET", "/nowhere").headers
    assert (api["x-frame-options"], api["cache-control"]) == ("DENY", "no-store")
    for policy in (api["content-security-policy"], page["content-security-policy"]):
        assert "frame-ancestors 'none'" in policy
        assert "http" not in policy
