"""`flagfive acls`: the rights of each process, as commands."""

from __future__ import annotations

from typer.testing import CliRunner

from flagfive.errors import UserError
from flagfive.main import app
from flagfive.rights import PROCESSES, TOPIC
from flagfive.topic_plan import planned_topics
from settings import EntitySettings, Settings, StreamSettings


def printed(*arguments: str) -> list[str]:
    result = CliRunner().invoke(app, ["acls", *arguments])
    if isinstance(result.exception, UserError):
        return [str(result.exception)]
    assert result.exit_code == 0, result.output
    return result.output.splitlines()


def test_each_process_has_its_own_user_unless_another_is_named() -> None:
    assert all("--allow-principal User:flagfive-recorder" in line for line in printed("recorder")[1:])
    named = printed("recorder", "--principal", "recorder=User:CN=rec orders,O=Bank")
    assert all("--allow-principal 'User:CN=rec orders,O=Bank'" in line for line in named[1:])


def test_rights_can_be_taken_away_again() -> None:
    given, taken = printed("feed")[1], printed("feed", "--remove")[1]
    assert taken == given.replace("--add", "--remove --force")


def test_a_wrong_process_or_principal_is_named() -> None:
    assert "Allowed: worker, adapter" in printed("scorer")[0]
    assert "--principal worker: write PROCESS=TYPE:NAME" in printed("--principal", "worker")[0]


def test_every_planned_topic_is_written_and_read_by_someone() -> None:
    """The readers of scores are the bank's own."""
    settings = Settings()
    can: dict[str, set[str]] = {"READ": set(), "WRITE": set()}
    for process in PROCESSES.values():
        for right in process.rights(settings):
            for operation in can.keys() & set(right.operations):
                can[operation] |= set(right.names) if right.kind == TOPIC else set()
    topics = {topic.name for topic in planned_topics(settings)}
    assert can["WRITE"] == topics
    assert topics - can["READ"] == {settings.topics.scores}


def test_rights_follow_the_settings() -> None:
    at_least_once = Settings(
        stream=StreamSettings(delivery="at_least_once"), entities=(EntitySettings(name="card", field="c"),)
    )
    rights = PROCESSES["worker"].rights(at_least_once)
    assert [right.kind for right in rights] == ["topic", "topic", "topic", "group"]
    assert "returned" not in {name for right in rights for name in right.names}
