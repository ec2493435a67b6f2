"""Starts a Prometheus beside the demo, with the rules of the repository."""

import json
import shutil
from pathlib import Path

from flagfive.apt import install_with_apt
from flagfive.errors import UserError
from flagfive.own_broker import free_port
from flagfive.processes import Processes
from settings import Settings

RULES = Path(__file__).parents[2] / "dashboards" / "rules"
_PROCESSES = ("worker", "recorder", "adapter", "monitor", "console")
_EVERY = "2s"


class PrometheusMissing(UserError):
    """The program `prometheus` is not on PATH and cannot be installed."""


def find_prometheus() -> str:
    """Return the path of the Prometheus server; install it where apt-get and root allow.

    Raises:
        PrometheusMissing: there is none; the message says how to get it.
    """
    found = shutil.which("prometheus")
    if found is None and install_with_apt(
        ("prometheus",), "prometheus, which --monitoring starts, is missing"
    ):
        found = shutil.which("prometheus")
    if found is None:
        raise PrometheusMissing(
            "--monitoring needs the program prometheus on PATH. On Debian or Ubuntu: "
            "sudo apt-get install prometheus; elsewhere: https://prometheus.io/download"
        )
    return found


def start_prometheus(settings: Settings, processes: Processes, program: str) -> str:
    """Start Prometheus on a free port of this machine.

    Args:
        settings: the settings, with the ports of metrics.
        processes: the set of child processes that it joins.
        program: path of the Prometheus server.

    Returns:
        Its address.

    Raises:
        UserError: the rules are missing, as in an installed package.
    """
    if not RULES.is_dir():
        raise UserError(f"--monitoring reads the rules of the repository; {RULES} does not exist")
    folder, port = settings.var / "prometheus", free_port()
    shutil.rmtree(folder, ignore_errors=True)  # figures of an earlier demo
    folder.mkdir(parents=True)
    file = folder / "prometheus.json"
    file.write_text(json.dumps(configuration(settings), indent=1))  # JSON is YAML
    command = [
        program,
        f"--config.file={file}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=warn",
    ]
    processes.start("prometheus", command)
    return f"http://127.0.0.1:{port}/alerts"


def configuration(settings: Settings) -> dict[str, object]:
    """Return the configuration of Prometheus: what it scrapes, how often, and the rules.

    Args:
        settings: the settings, with the ports of metrics; a port of 0 is left out.

    Returns:
        The configuration as plain JSON.
    """
    metrics = settings.metrics
    ports = {name: getattr(metrics, f"{name}_port") for name in _PROCESSES}
    return {
        "global": {"scrape_interval": _EVERY, "evaluation_interval": _EVERY},
        "rule_files": [str(RULES / "recording.yml"), str(RULES / "alerts.yml")],
        "scrape_configs": [
            {"job_name": name, "static_configs": [{"targets": [f"{metrics.host}:{port}"]}]}
            for name, port in ports.items()
            if port
        ],
    }
