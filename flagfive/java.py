"""Find Java 17 or newer and Maven; on Debian-like machines, as root, install what is missing."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator

from flagfive.apt import install_with_apt
from flagfive.errors import UserError

OLDEST_JAVA = 17  # Kafka 4 brokers do not start on less
JAVA_PACKAGES = ("openjdk-17-jre-headless", "openjdk-21-jre-headless", "openjdk-25-jre-headless")


class JavaMissing(UserError):
    """No usable Java, and none could be installed."""


class MavenMissing(UserError):
    """No Maven, and it could not be installed."""


def find_java() -> str | None:
    """Return the path of a Java that runs Kafka: JAVA_HOME's, else the one on PATH."""
    return next((path for path in _candidates() if java_version(path) >= OLDEST_JAVA), None)


def java_version(java: str) -> int:
    """Return the major version of the executable `java`, 0 if it does not run.

    >>> java_version("/no/such/java")
    0
    """
    try:
        told = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60).stderr
    except (OSError, subprocess.TimeoutExpired):
        return 0
    found = re.search(r'version "(?:1\.)?(\d+)', told)
    return int(found[1]) if found else 0


def ensure_java() -> str:
    """Return a usable Java, installed first if need be. Raises JavaMissing with the command to run."""
    java = find_java()
    if java is None and install_with_apt(JAVA_PACKAGES, f"Java {OLDEST_JAVA} is missing"):
        java = find_java()
    if java is None:
        raise JavaMissing(
            f"Kafka needs Java {OLDEST_JAVA} or newer, and neither JAVA_HOME nor PATH has one. On Debian or "
            f"Ubuntu: sudo apt-get install {JAVA_PACKAGES[0]}\n"
            "Or use a Kafka cluster that you have: FLAGFIVE_BROKER=host:port"
        )
    return java


def ensure_maven() -> str:
    """Return the path of Maven, installed first if need be. Raises MavenMissing with the command to run."""
    maven = shutil.which("mvn")
    if maven is None and install_with_apt(("maven",), "Maven, which fetches Kafka, is missing"):
        maven = shutil.which("mvn")
    if maven is None:
        raise MavenMissing(
            "Kafka's jars are fetched by Maven, and PATH has no mvn. On Debian or Ubuntu: "
            "sudo apt-get install maven\nOr use a Kafka cluster that you have: FLAGFIVE_BROKER=host:port"
        )
    return maven


def _candidates() -> Iterator[str]:
    if home := os.environ.get("JAVA_HOME"):
        yield os.path.join(home, "bin", "java")
    if found := shutil.which("java"):
        yield found
