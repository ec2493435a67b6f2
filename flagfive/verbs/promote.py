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

_PROBED = 20_000  # stored transactions that a base is tried on; with a budget of 0.1% it alerts 20 of them


@app.command(epilog="Example: flagfive promote artifacts --reason 'trained on May to July'")
def promote(
    context: typer.Context,
    artifacts: Annotated[
        Path | None, typer.Argument(help="Folder that `flagfive train` wrote (default: the shipped ones).")
    ] = None,
    shadow: Annotated[
        bool,
        typer.Option("--shadow", help="Put it on trial: it scores silently; see `flagfive trials`."),
    ] = False,
    author: Annotated[
        str | None, typer.Option(help="Author of the change (default: the logged-in user).")
    ] = None,
    reason: Annotated[str, typer.Option(help="Reason of the change, for the history.")] = "",
    within: Annotated[
        float,
        typer.Option(min=1.0, help="Times the budget that stored traffic may be alerted over or under it."),
    ] = 10.0,
) -> None:
    """Announce base and networks of ARTIFACTS; workers change to them between two batches.

    Stored transactions are scored first. A base with scores that are not finite, or that alerts more than
    --within times the budget or less than its part, is not announced.

    The base starts with the tails of its training history. In a new installation nothing is alerted until
    the adaptation worker has measured 300 transactions; from then on the budget holds by the hour. The worker
    fits the tails to live traffic when 5,000 transactions are stored, and again when there are more. Live
    detectors stay;
    `flagfive status` shows those that the new base makes unnecessary. `flagfive rollback base/base` restores
    the previous base.
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
    _probe(found, tails, settings, within)
    try:
        announcer = Announcer(settings.broker, settings.topics.control, key)
        try:
            _announce(announcer, found, tails, settings, shadow, author or getpass.getuser(), reason)
        finally:
            announcer.close()
    except ControlLogUnavailable as error:
        raise BrokerAway(settings.broker.bootstrap, str(error)) from None


def _usable_tails(artifacts: "Artifacts", settings: "Settings") -> "Tails":
    """Return the tails to start with; raises UserError if there are none or the base does not fit."""
    from features.vector import FeatureLayout
    from stream.scoring.decide import ForeignBase, check_features
    from stream.wiring import transaction_schema

    try:
        check_features(artifacts.base.features, FeatureLayout(transaction_schema(settings)).names)
    except ForeignBase as error:
        raise UserError(str(error).replace("on the control log", "in the artifacts")) from None
    if artifacts.tails is None:
        raise UserError("the artifacts have no tails.safetensors; train them again with `flagfive train`")
    return artifacts.tails


def _probe(artifacts: "Artifacts", tails: "Tails", settings: "Settings", within: float) -> None:
    """Try the base on stored transactions; raises UserError where it does not fit them."""
    from control.probing import UnfitBase, probe_base
    from flagfive.database import open_database
    from storage import StorageError, UnitOfWork, migrate
    from storage.traffic_sample import NEWEST

    engine = open_database(settings)
    try:
        migrate.require_newest(engine)
        with UnitOfWork(engine, reads_only=True) as unit:
            rows = unit.past.sample(_PROBED, newest=NEWEST, seed=0).features
        rows = rows if rows.shape[1] == len(artifacts.base.features) else rows[:0]
        share = probe_base(
            artifacts.base, tails, rows, budget=settings.budget.alert_rate, within=within
        )  # fmt: skip
    except StorageError as error:
        print(f"not tried on stored transactions: {error}")
    except UnfitBase as error:
        raise UserError(f"the base is not announced: {error}") from None
    else:
        print(f"tried on {len(rows):,} stored transactions: {share:.3%} over a threshold of the budget")
    finally:
        engine.dispose()


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
    from meta.calibration import CEILING
    from meta.threshold import first_threshold

    # The threshold in force holds the budget with all detectors, and is not lower than that of a base alone.
    in_force = announcer.refresh().threshold
    usual = first_threshold(settings.budget.alert_rate)
    if shadow:
        threshold = usual if in_force is None or in_force >= CEILING else in_force
    else:
        # The tails of the history may not fit this traffic. A new installation alerts nothing before the
        # adaptation worker has measured it, so that its queue is not flooded.
        steered = settings.budget.steer_seconds or settings.adaptation.recalibrate_hours
        threshold = (CEILING if steered else usual) if in_force is None else in_force
    short = artifacts.base.content_hash[:12]
    if shadow:
        announced = announce_on_trial(
            announcer, artifacts, tails, threshold=threshold, author=author, reason=reason
        )
        print(f"base {short} is on trial since control offset {announced.offset}; see `flagfive trials`")
    else:
        announced = announce_artifacts(
            announcer, artifacts, tails, threshold=threshold, author=author, reason=reason,
            calibrated_on=HISTORY,
        )  # fmt: skip
        print(f"base {short} is in force since control offset {announced.offset}")
        if threshold >= CEILING:
            print("learning: alerts begin when the adaptation worker has measured 300 transactions")
