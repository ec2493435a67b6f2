"""`flagfive prior`: train the prior of the adapter `prior-ridge` anew."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from meta.sampler import Sampler

app = typer.Typer(add_completion=False)

_ROWS = 40_000  # genuine simulated payments; synthetic patterns are injected into them
_DAYS, _WARM_UP = 40.0, 22.0


@app.command(epilog="Example: flagfive prior --out prior.safetensors")
def prior(
    out: Annotated[Path, typer.Option(help="File for the artifact.")] = Path("prior.safetensors"),
    steps: Annotated[int, typer.Option(help="Steps of meta-training.", min=50, max=20_000)] = 1600,
    seed: Annotated[int, typer.Option(help="Equal seeds give equal artifacts.")] = 0,
) -> None:
    """Train the prior that `prior-ridge` regularises its closed form with.

    It learns from synthetic tables and from synthetic patterns in simulated payments: no history is needed,
    and one artifact serves every schema. Takes about ten minutes on one core.
    """
    import torch

    from flagfive.progress import shown_progress
    from meta.prior.prior_training import PriorSettings, train_prior
    from meta.prior.tables import TableSampler

    torch.set_num_threads(1)  # matrices of a hundred columns: more threads only wait for each other
    with shown_progress() as show:
        show("simulating payments", 0, 0)
        payments = _payments(seed)
        settings = PriorSettings(steps=steps, seed=seed)
        model = train_prior(
            TableSampler(seed),
            payments,
            settings,
            progress=lambda step, total, _: show("training the prior", step, total),
        )
    out.write_bytes(model.to_bytes())
    print(f"prior {model.content_hash[:12]} in {out}")


def _payments(seed: int) -> "Sampler":
    """Return a sampler of synthetic patterns in simulated payments."""
    import numpy as np

    from features.schema import TransactionSchema
    from flagfive.file_history import simulated_history
    from meta.columns import FeatureColumns
    from meta.injection import Injector
    from meta.normaliser import Normaliser
    from meta.sampler import Labelled, Sampler

    history = simulated_history(TransactionSchema(), seed=seed + 777, days=_DAYS, warm_up=_WARM_UP)
    every, genuine = history.rows, np.flatnonzero(history.rows.family == 0)
    chosen = genuine[:: max(1, len(genuine) // _ROWS)][:_ROWS]
    rows = Labelled(every.X[chosen], every.family[chosen], every.card[chosen], every.seconds[chosen])
    injector = Injector(FeatureColumns(history.features), history.formulas)
    return Sampler(
        rows, Normaliser.fit(rows.X), injector, queries=32, genuine=500, background=512, seed=seed + 1
    )
