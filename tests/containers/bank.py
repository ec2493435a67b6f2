"""The demo's story, played from outside on the containers: payments, five flags, a live detector."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console as Terminal

from flagfive.demo.figures import Figures
from flagfive.demo.story import Story
from flagfive.demo.view import View
from flagfive.processes import Processes
from settings import BrokerSettings, KeysSettings, Settings, StorageSettings
from tests.containers.stack import Stack
from tests.end_to_end.live_bank import PATTERN, LiveBank
from tests.waiting import until


class ContainerBank(LiveBank):
    """A bank whose processes are services of the stack."""

    def __init__(self, stack: Stack, settings: Settings, processes: Processes) -> None:
        super().__init__(settings, processes)
        self._stack = stack

    def start(self, verb: str, *arguments: str) -> None:
        """Start a service unless it runs."""
        if not self._stack.containers(verb):
            self._stack.up(verb)
            self._stack.wait_until_healthy(verb)

    def begin_live(self) -> None:
        """Start live payments, without a new pattern."""
        self._begin(self._payments.run_live())

    def play(self) -> Figures:
        """Play the story on live payments; return the figures."""
        view = View(self.observer, self.settings.budget.alert_rate, Terminal(force_terminal=False))
        story = Story(self.settings, self._payments, self.observer, view, PATTERN.recipe)
        figures = self._run(story.play())
        assert isinstance(figures, Figures)
        return figures

    def send_more(self, count: int) -> None:
        """Wait until about `count` more payments are sent and scored."""
        goal = self.observer.scored + count
        until(lambda: self.observer.scored >= goal, what=f"{count} more scores", within_s=300)

    def pause(self) -> None:
        """Send no more payments."""
        self._payments.pause()

    def lost(self) -> int:
        """Pause the payments, wait for the scores of all that were sent, and return how many have none."""
        self._payments.pause()
        until(lambda: self.observer.scored >= self._payments.sent, what="the last scores", within_s=300)
        missing = self._payments.sent - self.observer.scored
        self._payments.resume()
        return missing


def settings_of(stack: Stack) -> Settings:
    """Return settings for this side: Kafka's listener for the host, the database by its address."""
    (database,) = stack.containers("postgres")
    url = (stack.folder / "secrets" / "database_url").read_text()
    return Settings(
        var=stack.folder,
        broker=BrokerSettings(bootstrap="127.0.0.1:19192"),
        keys=KeysSettings(folder=str(stack.folder / "secrets")),
        storage=StorageSettings(url=url.replace("@postgres/", f"@{stack.address(database)}/")),
    )


def log_folder(stack: Stack) -> Path:
    """Return the folder for logs of processes outside the stack."""
    return stack.folder / "log"
