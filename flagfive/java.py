"""Finds Java 17 or newer and Maven, and installs them as root on Debian-like machines."""

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
    """Java 17 or newer is missing and could not be installed."""


class MavenMissing(UserError):
    """Maven is missing and could not be installed."""


def find_java() -> str | None:
    """Return the path of a Java that can run Kafka: that of JAVA_HOME, else that on PATH, else None."""
    return next((path for path in _candidates() if java_version(path) >= OLDEST_JAVA), None)


def java_version(java: str) -> int:
    """Return the major version of a Java executable.

    Args:
        java: path of the executable.

    Returns:
        The version; 0 if it does not run.

    Example:
        >>> java_version("/no/such/java")
        0
    """
    try:
        output = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60).stderr
    except (OSError, subprocess.TimeoutExpired):
        return 0
    found = re.search(r'version "(?:1\.)?(\d+)', output)
    return int(found[1]) if found else 0


def ensure_java() -> str:
    """Return the path of a Java that can run Kafka; install one if it is missing.

    Returns:
        The path.

    Raises:
        JavaMissing: it could not be installed; the message names the command to run.
    """
    java = find_java()
    if java is None and install_with_apt(JAVA_PACKAGES, f"Java {OLDEST_JAVA} is missing"):
        java = find_java()
    if java is None:
        raise JavaMissing(
            f"Kafka needs Java {OLDEST_JAVA} or newer, and neither JAVA_HOME nor PATH has one. On Debian or "
            f"Ubuntu: sudo apt-get install {JAVA_PACKAGES[0]}\n"
            "Or use a Kafka cluster of your own: FLAGFIVE_BROKER=host:port"
        )
    return java


def ensure_maven() -> str:
    """Return the path of Maven; install it if it is missing.

    Returns:
        The path.

    Raises:
        MavenMissing: it could not be installed; the message names the command to run.
    """
    maven = shutil.which("mvn")
    if maven is None and install_with_apt(("maven",), "Maven, which fetches Kafka, is missing"):
        maven = shutil.which("mvn")
    if maven is None:
        raise MavenMissing(
            "Maven fetches the jars of Kafka, and PATH has no mvn. On Debian or Ubuntu: "
            "sudo apt-get install maven\nOr use a Kafka cluster of your own: FLAGFIVE_BROKER=host:port"
        )
    return maven


def _candidates() -> Iterator[str]:
    if home := os.environ.get("JAVA_HOME"):
        yield os.path.join(home, "bin", "java")
    if found := shutil.which("java"):
        yield found
