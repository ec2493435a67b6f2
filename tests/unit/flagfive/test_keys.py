"""Keys are made at the first start, one for each process, and are exchanged without losing anything."""

from __future__ import annotations

import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import SecretStr

from contracts.signing.keys import KeyPair, UnusableKey
from contracts.signing.principals import ADAPTER, COMMAND_LINE, CONSOLE, CONTROL, PROCESSES, WORKER
from contracts.signing.trust import UnknownSigner
from flagfive.errors import WrongSettings
from flagfive.key_changes import KeyNotChanged, add_key, retire_key
from flagfive.key_folder import TRUSTED, KeyFolder
from flagfive.keys import control_key, trust_of
from settings import ControlSettings, KeysSettings, Settings

TOPIC, KEY, VALUE = "feedback", b"r-1", b"{}"
SECRET = SecretStr("a secret of enough length")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(var=tmp_path)


@pytest.fixture
def folder(settings: Settings) -> KeyFolder:
    folder = KeyFolder(settings.var / "keys")
    folder.make()
    return folder


def test_the_first_start_makes_a_private_key_for_every_process(settings: Settings) -> None:
    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(lambda _: control_key(settings).id, range(8)))
    assert len(ids) == 1
    made = settings.var / "keys"
    assert {path.name for path in made.iterdir()} == {TRUSTED, *(f"{one.name}.key" for one in PROCESSES)}
    assert {stat.S_IMODE(path.stat().st_mode) for path in made.glob("*.key")} == {0o600}
    assert stat.S_IMODE(made.stat().st_mode) == 0o700
    assert [path.name for path in settings.var.iterdir()] == ["keys"]
    headers = trust_of(settings, CONSOLE).signed(TOPIC, KEY, VALUE)
    assert trust_of(settings, ADAPTER).sender(TOPIC, KEY, VALUE, headers).principal.name == CONSOLE


def test_a_worker_without_the_private_key_verifies_the_control_log_and_cannot_sign_for_it(
    settings: Settings, folder: KeyFolder
) -> None:
    signer = control_key(settings)
    for name in (CONTROL, ADAPTER, CONSOLE, COMMAND_LINE):
        (folder.path / f"{name}.key").unlink()
    worker = control_key(settings)
    assert worker.verifies(b"x", signer.sign(b"x"), signer.id)
    with pytest.raises(UnusableKey):
        worker.sign(b"x")
    with pytest.raises(UnusableKey):
        trust_of(settings, CONSOLE).signed(TOPIC, KEY, VALUE)
    assert trust_of(settings, WORKER).signed(TOPIC, KEY, VALUE)


def test_with_a_shared_secret_nothing_is_made(settings: Settings) -> None:
    shared = settings.model_copy(update={"control": ControlSettings(key=SECRET)})
    headers = trust_of(shared, CONSOLE).signed(TOPIC, KEY, VALUE)
    assert trust_of(shared, ADAPTER).sender(TOPIC, KEY, VALUE, headers).principal.name == CONSOLE
    assert control_key(shared).algorithm == "hmac-sha256"
    assert list(settings.var.iterdir()) == []


def test_a_rotated_key_signs_and_the_old_one_verifies_until_it_is_retired(
    settings: Settings, folder: KeyFolder
) -> None:
    old = control_key(settings)
    add_key(folder, CONTROL)
    new = control_key(settings)
    assert new.id != old.id
    assert new.verifies(b"x", old.sign(b"x"), old.id)
    assert new.verifies(b"x", new.sign(b"x"), new.id)
    retire_key(folder, old.id)
    after = control_key(settings)
    assert not after.verifies(b"x", old.sign(b"x"), old.id)
    assert after.of_history().verifies(b"x", old.sign(b"x"), old.id)
    with pytest.raises(KeyNotChanged, match="only valid key of 'control'"):
        retire_key(folder, new.id)


def test_an_installation_with_a_shared_secret_moves_to_a_key_pair(
    settings: Settings, folder: KeyFolder
) -> None:
    before = control_key(settings.model_copy(update={"control": ControlSettings(key=SECRET)}))
    moved = control_key(settings.model_copy(update={"control": ControlSettings(earlier_key=SECRET)}))
    assert (before.algorithm, moved.algorithm) == ("hmac-sha256", "ed25519")
    assert moved.verifies(b"x", before.sign(b"x"))


def test_a_person_gets_a_key_of_their_own_with_rights(settings: Settings, folder: KeyFolder) -> None:
    with pytest.raises(KeyNotChanged, match="say what it may send"):
        add_key(folder, "ada")
    with pytest.raises(KeyNotChanged, match="no name"):
        add_key(folder, "../ada", may=["flag"])
    add_key(folder, "ada", may=["flag", "approve"])
    sender = trust_of(settings, ADAPTER).sender(
        TOPIC, KEY, VALUE, trust_of(settings, "ada").signed(TOPIC, KEY, VALUE)
    )
    assert (sender.principal.may, sender.principal.speaks_for) == (("flag", "approve"), "itself")
    elsewhere = KeyPair.of_seed(b"7" * 32)
    add_key(folder, "feed", may=["label"], public=elsewhere.public_digits)
    assert not (folder.path / "feed.key").exists()


def test_a_retired_key_sends_nothing_new(settings: Settings, folder: KeyFolder) -> None:
    trust = trust_of(settings, CONSOLE)
    old = trust.signed(TOPIC, KEY, VALUE)
    first = folder.registry().keys_of(CONSOLE)[0].key.id
    add_key(folder, CONSOLE)
    assert trust_of(settings, ADAPTER).sender(TOPIC, KEY, VALUE, old)
    retire_key(folder, first)
    with pytest.raises(UnknownSigner):
        trust_of(settings, ADAPTER).sender(TOPIC, KEY, VALUE, old)


def test_what_is_wrong_with_a_folder_of_keys_is_named(settings: Settings, folder: KeyFolder) -> None:
    folder.write_private(CONSOLE, KeyPair.of_seed(b"9" * 32))
    with pytest.raises(WrongSettings, match="copy the trusted"):
        trust_of(settings, CONSOLE)
    (folder.path / f"{CONSOLE}.key").write_text("a shared secret is no key pair")
    with pytest.raises(WrongSettings, match="holds no private key"):
        trust_of(settings, CONSOLE)
    with pytest.raises(WrongSettings, match="no valid key of 'eve'; the principals are control"):
        trust_of(settings, "eve")
    (folder.path / TRUSTED).write_text("{}")
    with pytest.raises(WrongSettings, match=r"trusted\.json"):
        trust_of(settings, ADAPTER)


SIGNER = """import sys, pathlib
from contracts.signing.keys import read_key
key = read_key(pathlib.Path(sys.argv[1]).read_text().strip())
assert sys.argv[2] == key.id
sys.stdout.buffer.write(key.sign(sys.stdin.buffer.read()))
"""


def test_a_command_signs_where_the_private_key_stays_outside(
    settings: Settings, folder: KeyFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", ":".join(sys.path))
    kept = tmp_path / "in the module.key"
    (folder.path / f"{CONTROL}.key").rename(kept)
    script = tmp_path / "sign.py"
    script.write_text(SIGNER)
    command = f"{sys.executable} {script} '{kept}'"
    outside = settings.model_copy(update={"keys": KeysSettings(signer=command)})
    key = control_key(outside)
    assert key.verifies(b"content", key.sign(b"content"), key.id)
    failing = settings.model_copy(update={"keys": KeysSettings(signer="false")})
    with pytest.raises(UnusableKey, match="ended with 1"):
        control_key(failing).sign(b"content")
    wrong = settings.model_copy(update={"keys": KeysSettings(signer="echo")})
    with pytest.raises(UnusableKey, match="no signature of key"):
        control_key(wrong).sign(b"content")
