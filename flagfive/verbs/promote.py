"""`flagfive promote`: put a trained base in force, or on trial beside the one in force."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flagfive.errors import UserError
from flagfive.global_options import settings_of

if TYPE_CHECKING:
    from control.announce import Announcer
    from meta.artifacts import Artifacts
    from meta.calibration import Tails
    from settings import Settings

app = typer.Typer(add_completion=False)


@app.command(epilog="Example: flagfive promote artifacts --reason 'trained on May to July'")
def promote(
    context: typer.Context,
    artifacts: Annotated[
        Path | None, typer.Argument(help="Folder that `flagfive train` wrote (default: the shipped ones).")
    ] = None,
    shadow: Annotated[
        bool, typer.Option("--shadow", help="Score silently beside what is in force; see `flagfive trials`.")
    ] = False,
    author: Annotated[str | None, typer.Option(help="Who wants it (default: the user logged in).")] = None,
    reason: Annotated[str, typer.Option(help="Why; it stays in the history.")] = "",
) -> None:
    """Announce base and networks of ARTIFACTS: workers swap to them between two batches.

    It starts with the tails of its training history; the adaptation worker fits them to live traffic as soon
    as 5,000 transactions are stored, and again as there are more. Live detectors stay, and `flagfive status`
    names those that the new base makes needless. `flagfive rollback base/base` puts back the one before.
    """
    import getpass

    from control.announce import Announcer
    from control.errors import ControlLogUnavailable
    from flagfive.cluster import BrokerAway
    from flagfive.keys import control_key
    from meta.artifacts import Artifacts, NoArtifacts
    from meta.tensors import BrokenArtifact

    settings = settings_of(context)
    key = control_key(settings)
    try:
        found = Artifacts.load() if artifacts is None else Artifacts.load(artifacts)
    except (NoArtifacts, BrokenArtifact) as error:
        raise UserError(str(error)) from None
    tails = _usable_tails(found, settings)
    try:
        announcer = Announcer(settings.broker.bootstrap, settings.topics.control, key)
        try:
            _announce(announcer, found, tails, settings, shadow, author or getpass.getuser(), reason)
        finally:
            announcer.close()
    except ControlLogUnavailable as error:
        raise BrokerAway(settings.broker.bootstrap, str(error)) from None


def _usable_tails(artifacts: "Artifacts", settings: "Settings") -> "Tails":
    """The tails to start with. Raises UserError where base and configuration do not fit, or has none."""
    from features.vector import FeatureLayout
    from stream.scoring.decide import ForeignBase, check_features
    from stream.wiring import transaction_schema

    try:
        check_features(artifacts.base.features, FeatureLayout(transaction_schema(settings)).names)
    except ForeignBase as error:
        raise UserError(str(error).replace("on the control log", "in the artifacts")) from None
    if artifacts.tails is None:
        raise UserError("the artifacts hold no tails.safetensors; train them anew with `flagfive train`")
    return artifacts.tails


def _announce(
    announcer: "Announcer",
    artifacts: "Artifacts",
    tails: "Tails",
    settings: "Settings",
    shadow: bool,
    author: str,
    reason: str,
) -> None:
    from control.promote import HISTORY, announce_artifacts, announce_on_trial
    from meta.threshold import first_threshold

    # What is in force holds the budget with its detectors, and is no lower than for a base alone.
    threshold = announcer.refresh().threshold or first_threshold(settings.budget.alert_rate)
    short = artifacts.base.content_hash[:12]
    if shadow:
        announced = announce_on_trial(
            announcer, artifacts, tails, threshold=threshold, author=author, reason=reason
        )
        print(f"base {short} is on trial since control offset {announced.offset}: `flagfive trials`")
    else:
        announced = announce_artifacts(
            announcer, artifacts, tails, threshold=threshold, author=author, reason=reason,
            calibrated_on=HISTORY,
        )  # fmt: skip
        print(f"base {short} is in force since control offset {announced.offset}")
