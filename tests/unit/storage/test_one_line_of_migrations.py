"""The migrations form one line."""

from alembic.script import ScriptDirectory

from storage.migrate import MIGRATIONS


def test_every_migration_follows_another_and_one_is_the_newest() -> None:
    scripts = ScriptDirectory(str(MIGRATIONS))
    assert len(scripts.get_heads()) == 1, f"set down_revision of one: {scripts.get_heads()}"
    assert len(scripts.get_bases()) == 1
