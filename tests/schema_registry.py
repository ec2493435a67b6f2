"""A real schema registry for tests: Apicurio, in memory, through its Confluent interface."""

import hashlib
import subprocess
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from flagfive.jars import cache_folder
from flagfive.java import ensure_java, ensure_maven
from tests.waiting import until

VERSION = "2.6.13.Final"
ARTIFACT = f"io.apicurio:apicurio-registry-app:{VERSION}:tar.gz:all"
SHA256 = "3cda1b34aa020fb4ac4dd6a66018d757e81e437f97e20a1f92d366b70091c6ba"


def registry_folder() -> Path:
    """Return the folder of the unpacked registry; fetch it with Maven if it is missing (140 MB, once)."""
    folder = cache_folder() / f"apicurio-{VERSION}-{SHA256[:12]}"
    if not folder.is_dir():
        partial = folder.with_suffix(".partial")
        goal = ["dependency:copy", f"-Dartifact={ARTIFACT}", f"-DoutputDirectory={partial}"]
        subprocess.run([ensure_maven(), "-q", "-B", *goal], stdin=subprocess.DEVNULL, check=True, cwd="/")
        (archive,) = partial.glob("*.tar.gz")
        assert hashlib.sha256(archive.read_bytes()).hexdigest() == SHA256
        with tarfile.open(archive) as packed:
            packed.extractall(partial, filter="data")
        archive.unlink()
        partial.rename(folder)
    return folder


@contextmanager
def running_registry(port: int, log: Path) -> Iterator[str]:
    """Start an empty registry, yield its address once it answers, and end it.

    Args:
        port: where it listens, on 127.0.0.1.
        log: receives its output.
    """
    (jar,) = registry_folder().glob("*-runner.jar")
    options = ["-Xmx384m", "-XX:TieredStopAtLevel=1"]
    options += ["-Dquarkus.http.host=127.0.0.1", f"-Dquarkus.http.port={port}"]
    url = f"http://127.0.0.1:{port}/apis/ccompat/v7"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [ensure_java(), *options, "-jar", str(jar)], stdout=output, stderr=subprocess.STDOUT
        )
    try:
        until(lambda: _answers(url, process), what="the schema registry", within_s=240.0)
        yield url
    finally:
        process.kill()
        process.wait()


def register(
    url: str,
    subject: str,
    schema: str,
    kind: str = "AVRO",
    references: Sequence[Mapping[str, str | int]] = (),
) -> int:
    """Register a schema; return its id. A reference has the keys `name`, `subject` and `version`."""
    body = {"schema": schema, "schemaType": kind, "references": list(references)}
    answer = httpx.post(f"{url}/subjects/{subject}/versions", json=body, timeout=60.0)
    answer.raise_for_status()
    return int(answer.json()["id"])


def _answers(url: str, process: subprocess.Popen[bytes]) -> bool:
    assert process.poll() is None, "the schema registry has ended"
    try:
        return httpx.get(f"{url}/subjects", timeout=5.0).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False
