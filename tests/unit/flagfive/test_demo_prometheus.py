"""The demo's Prometheus scrapes every process with the project's rules; a missing one is explained."""

import shutil
from pathlib import Path

import pytest

from flagfive.demo import prometheus
from flagfive.demo.prometheus import PrometheusMissing, configuration, find_prometheus
from settings import Settings


def test_every_process_with_a_port_is_scraped_and_the_rules_of_the_repository_are_read() -> None:
    settings = Settings()
    settings = settings.model_copy(
        update={"metrics": settings.metrics.model_copy(update={"console_port": 0, "monitor_port": 4711})}
    )
    made = configuration(settings)
    targets = {one["job_name"]: one["static_configs"][0]["targets"] for one in made["scrape_configs"]}  # type: ignore[attr-defined]
    assert set(targets) == {"worker", "recorder", "adapter", "monitor"}
    assert targets["monitor"] == ["127.0.0.1:4711"]
    assert all(Path(path).is_file() for path in made["rule_files"])  # type: ignore[attr-defined]


def test_without_prometheus_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr(prometheus, "install_with_apt", lambda *_: False)
    with pytest.raises(PrometheusMissing, match="sudo apt-get install prometheus"):
        find_prometheus()
