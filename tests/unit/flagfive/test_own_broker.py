"""Port, disk, Java or jars stop a broker before Java starts, each with one clear message."""

import hashlib
import socket
from pathlib import Path

import pytest

from flagfive import jars, java
from flagfive.broker_guard import BrokerGuard, running_process, stop_running
from flagfive.own_broker import BrokerFailed, OwnBroker, free_port
from flagfive.processes import Child, ProcessEnded, Processes
from settings import BrokerSettings, Settings


def own_broker(folder: Path, **broker: object) -> OwnBroker:
    values = {"bootstrap": f"127.0.0.1:{free_port()}", **broker}
    return OwnBroker.of(Settings(var=folder, broker=BrokerSettings.model_validate(values)))


def refusal(own: OwnBroker) -> str:
    with Processes(own.folder / "log") as processes, pytest.raises(BrokerFailed) as raised:
        own.start(processes)
    return str(raised.value)


def test_a_port_in_use_is_told_with_another_to_take(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = refusal(own_broker(tmp_path, bootstrap=f"127.0.0.1:{port}"))
    assert f"port {port} on 127.0.0.1 is in use by another program" in told
    assert "FLAGFIVE_BROKER__BOOTSTRAP=" in told


def test_too_little_disk_is_told_with_what_is_needed(tmp_path: Path) -> None:
    told = refusal(own_broker(tmp_path, min_free_disk_mb=10**9))
    assert "no disk space for the broker" in told
    assert "1000000000 MiB are needed" in told


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "broker").write_text("a file in the way")
    told = refusal(own_broker(tmp_path))
    assert f"cannot keep its data in {tmp_path / 'broker'}" in told


def test_a_cluster_elsewhere_is_never_started_here(tmp_path: Path) -> None:
    with pytest.raises(BrokerFailed, match="kafka:9092"):
        own_broker(tmp_path, bootstrap="kafka:9092")


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ("java.io.IOException: No space left on device", "no space is left"),
        ("java.net.BindException: Address already in use", "another program took port"),
        ("java.lang.OutOfMemoryError: Java heap space", "raise broker.heap_mb"),
        ("something new", "something new"),
    ],
)
def test_the_end_of_a_broker_is_explained_by_its_log(tmp_path: Path, line: str, cause: str) -> None:
    with Processes(tmp_path) as processes:
        child = processes.start("broker", ["sh", "-c", f"echo '{line}'; exit 1"])
        child.process.wait()
        assert cause in str(own_broker(tmp_path).explain(ProcessEnded(child)))


def test_two_brokers_never_share_a_folder(tmp_path: Path) -> None:
    assert running_process(tmp_path) is None
    with (
        BrokerGuard(tmp_path),
        pytest.raises(BrokerFailed, match="already runs"),
        BrokerGuard(tmp_path),
    ):
        pass
    assert running_process(tmp_path) is None
    assert not stop_running(tmp_path)


def stub_java(folder: Path, version: str) -> Path:
    path = folder / "bin" / "java"
    path.parent.mkdir(parents=True)
    path.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\"' >&2\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(("told", "major"), [("17.0.15", 17), ("1.8.0_402", 8), ("25", 25)])
def test_javas_version_is_read_in_old_and_new_spelling(tmp_path: Path, told: str, major: int) -> None:
    assert java.java_version(str(stub_java(tmp_path, told))) == major


def test_an_old_java_home_gives_way_to_a_newer_java_on_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub_java(tmp_path / "old", "1.8.0_402")
    newer = stub_java(tmp_path / "new", "21.0.1")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "old"))
    monkeypatch.setenv("PATH", f"{newer.parent}:/usr/bin:/bin")
    assert java.find_java() == str(newer)


def test_a_missing_java_names_the_command_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))  # neither java nor apt-get
    with pytest.raises(java.JavaMissing, match="sudo apt-get install openjdk-17-jre-headless"):
        java.ensure_java()


def test_root_on_debian_gets_java_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PATH contains only an apt-get, which knows only the second of the requested packages."""
    stub_java(tmp_path / "package", "21.0.1")
    (tmp_path / "apt-get").write_text(
        "#!/bin/sh\n"
        f'case "$*" in update*) ;; *openjdk-21*) /bin/ln -s {tmp_path}/package/bin/java {tmp_path}/java ;;\n'
        "*) exit 100 ;; esac\n"
    )
    (tmp_path / "apt-get").chmod(0o755)
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert java.ensure_java() == str(tmp_path / "java")


def stub_maven(folder: Path, script: str) -> None:
    """Write an `mvn` that reads its output folder from our arguments, then runs `script`."""
    path = folder / "mvn"
    path.write_text(
        f'#!/bin/sh\nfor word; do out=${{word#-DoutputDirectory=}}; done\nmkdir -p "$out"\n{script}\n'
    )
    path.chmod(0o755)


@pytest.fixture
def recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a recipe of one jar, with an empty cache and a PATH where `mvn` is the script of the test."""
    folder = tmp_path / "recipe"
    folder.mkdir()
    (folder / "pom.xml").write_text("<project/>")
    digest = hashlib.sha256(b"good\n").hexdigest()
    (folder / "jars.sha256").write_text(f"{digest}  kafka.jar\n")
    monkeypatch.setattr(jars, "RECIPE", folder)
    monkeypatch.setenv("FLAGFIVE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder


def test_jars_are_fetched_once(recipe: Path) -> None:
    stub_maven(recipe, 'echo good > "$out/kafka.jar"')
    fetched = jars.ensure_jars()
    stub_maven(recipe, "exit 1")
    assert jars.ensure_jars() == fetched
    assert [jar.name for jar in fetched.iterdir()] == ["kafka.jar"]


def test_a_jar_with_another_content_is_refused_and_not_kept(recipe: Path) -> None:
    stub_maven(recipe, 'echo evil > "$out/kafka.jar"')
    with pytest.raises(jars.JarsMissing, match=r"kafka\.jar"):
        jars.ensure_jars()
    stub_maven(recipe, 'echo good > "$out/kafka.jar"')
    assert jars.ensure_jars().is_dir()


def test_mavens_own_words_are_passed_on(recipe: Path) -> None:
    stub_maven(recipe, "echo 'no route to the repository'; exit 1")
    with pytest.raises(jars.JarsMissing, match="no route to the repository"):
        jars.ensure_jars()


def test_child_tail_of_a_missing_log_is_empty(tmp_path: Path) -> None:
    with Processes(tmp_path) as processes:
        started = processes.start("short", ["true"])
    assert Child("short", started.process, tmp_path / "absent.log", False).tail() == ""
