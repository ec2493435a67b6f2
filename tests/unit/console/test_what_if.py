"""What-if from the console: requests to the models, and the reported answers."""

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from console.context import ConsoleContext
from console.models.process import ModelProcess
from console.models.results import AlternativeTerms, CannotScore, ModelsBusy
from console.results.what_if import WhatIf
from control.keys import ControlKey
from storage.episodes import DRAFT
from tests.unit.console.at_hand import TERMS, ModelsAtHand
from tests.unit.console.people import Person
from tests.unit.console.test_episodes import add_episode
from tests.waiting import until

Sign = Callable[[str], Person]
FOUND = WhatIf(28.5, 190_000, False, TERMS, replace(TERMS, alerts=70, caught=7), 31, 1)


def test_a_draft_is_tried_at_another_budget(
    person: Sign, context: ConsoleContext, models: ModelsAtHand
) -> None:
    add_episode(context, DRAFT)
    models.past = FOUND
    told = person("analyst").post("/what-if", {"episode": "gift cards", "budget": 0.002}).json()
    assert models.changes == [AlternativeTerms(30.0, "gift-1", True, (), 0.002, None)]
    assert (told["days"], told["added"], told["now"]["caught"], told["then"]["caught"]) == (28.5, 31, 4, 7)


def test_what_is_in_force_is_tried_without_some(
    person: Sign, context: ConsoleContext, models: ModelsAtHand
) -> None:
    add_episode(context, DRAFT)
    models.past = FOUND
    wanted = {"episode": "e-1", "with_episode": False, "without": ["other"], "threshold": 3.5, "days": 7}
    assert person("lead").post("/what-if", wanted).status_code == 200
    assert models.changes == [AlternativeTerms(7.0, "gift-1", False, ("other",), None, 3.5)]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"budget": 0.001, "threshold": 3.0}, 422),
        ({"budget": 0.0}, 422),
        ({"days": 91}, 422),
        ({"episode": "unheard of"}, 404),
    ],
)
def test_wrong_terms_are_refused_before_anything_is_scored(
    person: Sign, models: ModelsAtHand, body: dict[str, Any], status: int
) -> None:
    assert person("analyst").post("/what-if", body).status_code == status
    assert models.changes == []


@pytest.mark.parametrize(
    ("lack", "words"),
    [
        (CannotScore("no base is in force"), "no base is in force"),
        (ModelsBusy(), "another what-if is running; try again when it is done"),
    ],
)
def test_what_cannot_be_told_is_explained(
    person: Sign, models: ModelsAtHand, lack: Exception, words: str
) -> None:
    models.past = lack
    answer = person("analyst").post("/what-if", {})
    assert (answer.status_code, answer.json()["detail"]["what"]) == (409, words)


def test_how_far_it_is_can_be_read(person: Sign, models: ModelsAtHand) -> None:
    viewer = person("viewer")
    assert viewer.get("/what-if").json() == {"running": False, "stage": "", "step": 0, "steps": 4}
    models.running = 2
    assert viewer.get("/what-if").json() == {"running": True, "stage": "reading", "step": 3, "steps": 4}


class HeldUp(ModelProcess):
    """A model process that answers once `go_on` is set."""

    def __init__(self) -> None:
        super().__init__("sqlite://", ControlKey.single("a key that is not used"))
        self.go_on = threading.Event()

    def _run(self, name: str, *arguments: Any) -> WhatIf:
        self.go_on.wait()
        return FOUND


def test_one_runs_at_a_time() -> None:
    models = HeldUp()
    first = threading.Thread(target=models.what_if, args=(AlternativeTerms(1.0),))
    first.start()
    try:
        until(lambda: models.stage() is not None, what="the first to run")
        with pytest.raises(ModelsBusy):
            models.what_if(AlternativeTerms(1.0))
    finally:
        models.go_on.set()
        first.join()
    assert models.stage() is None
    assert models.what_if(AlternativeTerms(1.0)) == FOUND
