"""Refined: the portfolio and a fine-tuned copy of the base, averaged by how well each finds left-out flags.

The copy knows all that the base knows, so the mean keeps more known fraud than the portfolio alone. It takes
seconds, and scoring costs a pass of the base's network. So it refines detectors that are live already:
`adaptation/upkeep/refining.py`.
"""

from __future__ import annotations

from meta.adapters.blend import Blend
from meta.adapters.declaration import Declaration
from meta.adapters.finetune import Finetune
from meta.adapters.portfolio import Portfolio
from meta.artifacts import Artifacts
from meta.portfolio.tokens import Tokens

NAME = "refined"


def _refined(artifacts: Artifacts) -> Blend:
    tokens = Tokens(artifacts.base, artifacts.evidence)
    return Blend((Portfolio(tokens), Finetune(artifacts.base)), NAME, weighed=True)


ADAPTERS = (Declaration(NAME, _refined),)
