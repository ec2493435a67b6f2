"""Portfolio: closed forms, nearness and the evidence network, combined by leave-one-out. The default.

Each member turns the flags into one curve per token, so their weighted sum is one too: a combination costs
the scorer no more than its dearest member. What moves: nothing, all is solved in closed form or read by a
frozen network. It works for any features; an evidence network, where one was trained, is one more member.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from meta import kernels
from meta.adapters.curves import curve_scorer, curve_specs, curve_tensors
from meta.adapters.declaration import Declaration
from meta.adapters.evidence import Evidence
from meta.adapters.protocol import Encoded, Scorer
from meta.adapters.simple import SimpleAdapter
from meta.arrays import Doubles, Floats, Ints, Rows
from meta.artifacts import Artifacts
from meta.calibration import Tails
from meta.detector import Detector
from meta.detector_tensors import TensorSpecs
from meta.evidence_model import log_odds_of
from meta.leave_one_out import kept_in_folds
from meta.portfolio import basis
from meta.portfolio.closed_form import Form, GenuineRows, fit
from meta.portfolio.nearness import near_curves
from meta.portfolio.stacking import weigh
from meta.portfolio.tokens import Tokens
from meta.support import Support

FORMS = (
    Form("lines", basis.LINE, 1.0),
    Form("hats", basis.LINE + basis.HATS, 0.1),
    Form("anchored", basis.LINE + basis.BEND, 0.3, anchor=0.3, prior=2.0),
)
"""Closed forms of the portfolio: docs/decisions/0008 lists what each adds on validation data."""
NEARNESS_PRIOR = 2.0  # for one flag, 2 / k for k: with few flags no closed form knows how they vary
EVIDENCE_PRIOR = 2.0  # of the network, where one was trained: it knows the schema
FITTED = 1_024  # genuine rows that the closed forms are fitted to; twice as many change little
_HIGH = 0.999  # quantile of genuine rows that gets the same log-odds under every member
_LOG_ODDS = 3.0 * np.log(10)  # at that quantile: one genuine row in a thousand is above


@dataclass(frozen=True)
class Portfolio(SimpleAdapter):
    """Adapter over several members.

    Attributes:
        tokens: What detectors read of a row.
        forms: The closed forms.
        device: Where torch runs the evidence network, such as `cpu` or `cuda:1`.
    """

    tokens: Tokens
    forms: tuple[Form, ...] = FORMS
    device: str = "cpu"
    name: str = "portfolio"
    needs_surprise: bool = True
    _kept: list[_Usual] = field(default_factory=list, compare=False, repr=False)

    @property
    def network(self) -> str:
        """Content hash of the model that decides where a row lies on the curves."""
        return self.tokens.content_hash

    @property
    def encoding(self) -> str:
        """Key of the tokens: all detectors of a portfolio score in one pass."""
        return f"portfolio {self.tokens.content_hash}"

    def on(self, device: str) -> Portfolio:
        """Return the portfolio with its evidence network on `device`."""
        return replace(self, device=device, _kept=[])

    def adapt(self, support: Support, background: Floats, *, seed: int) -> Detector:
        """Return the combined detector; the seed draws the rows that the evidence network reads."""
        return self.adapt_parts(support, np.ones((1, len(support)), bool), background, seed=seed)[0]

    def adapt_parts(
        self, support: Support, parts: NDArray[np.bool_], background: Floats, *, seed: int
    ) -> list[Detector]:
        """Adapt to all parts at once. All parts share the weights, which leaving out each flag gives."""
        kept = kept_in_folds(len(support))
        distinct, place = np.unique(np.concatenate([parts, kept]), axis=0, return_inverse=True)
        made = self._made(support, distinct, background, seed)
        weights = weigh(made.left_out(kept, place[len(parts) :]), self._priors(len(support)))
        tables, bias = made.combined(weights)
        return [self._detector(tables[at], bias[at]) for at in place[: len(parts)]]

    def _priors(self, flags: int) -> tuple[float, ...]:
        network = () if self.tokens.evidence is None else (EVIDENCE_PRIOR,)
        return (*(form.prior for form in self.forms), NEARNESS_PRIOR / flags, *network)

    def _made(self, support: Support, parts: NDArray[np.bool_], background: Floats, seed: int) -> _Made:
        usual = self._usual(support, background)
        flagged = self.tokens.located(support.fraud)
        tables, bias = [], []
        for form in self.forms:
            weights, intercepts = fit(self._values(flagged), usual.fitted, parts, form)
            tables.append(self._placed(basis.curves(weights)))
            bias.append(intercepts.astype(np.float32))
        near = near_curves(self._values(flagged)[:, :, 0], usual.fitted.distance, parts)
        tables.append(self._placed(np.asarray(near, np.float32)))
        bias.append(np.zeros(len(parts), np.float32))
        if self.tokens.evidence is not None:
            read = self._read(support, parts, background, seed)
            curves = np.stack([detector.tensors["table"] for detector in read])
            tables.append(np.concatenate([curves, np.zeros_like(curves[:, :1])], axis=1))
            bias.append(np.concatenate([detector.tensors["bias"] for detector in read]))
        return _Made(np.stack(tables), np.stack(bias), usual.others, flagged)

    def _usual(self, support: Support, background: Floats) -> _Usual:
        """Return the genuine rows, prepared; those of the last call where it had the same rows.

        The gate adapts to one episode several times, and factorising the matrices is half of the work.
        """
        rows = support.with_negatives(background[:FITTED]), background
        kept = self._kept[-1] if self._kept else None
        if kept is None or not all(map(np.array_equal, kept.rows, rows)):
            others = background[FITTED:] if len(background) >= 2 * FITTED else background
            fitted = GenuineRows(self._values(self.tokens.located(rows[0])))
            kept = _Usual(rows, fitted, self.tokens.located(others))
            self._kept[:] = [kept]
        return kept

    def _values(self, located: tuple[Ints, Floats]) -> Floats:
        """Return the functions of the plain tokens of located rows, (n, t, f)."""
        index, share = located
        return basis.values(index[:, self.tokens.plain], share[:, self.tokens.plain])

    def _placed(self, curves: Floats) -> Floats:
        """Return curves of the plain tokens (p, t, KNOTS) among all tokens; learned ones get none."""
        table = np.zeros((len(curves), self.tokens.count, kernels.KNOTS), np.float32)
        table[:, self.tokens.plain] = curves
        return table

    def _read(
        self, support: Support, parts: NDArray[np.bool_], background: Floats, seed: int
    ) -> list[Detector]:
        """Return what the evidence network makes of each part; it reads no surprise."""
        assert self.tokens.evidence is not None  # checked by the caller
        genuine = support.genuine[:, :-1] if len(support.genuine) else support.genuine
        blind = Support(support.fraud[:, :-1], genuine)
        return Evidence(self.tokens.evidence, self.device).adapt_parts(
            blind, parts, background[:, :-1], seed=seed
        )

    def _detector(self, table: Floats, bias: float) -> Detector:
        return Detector(self.name, curve_tensors(table, bias), self.network)

    def score(self, detector: Detector, X: Floats) -> Doubles:
        """Return log-odds float64 (n,)."""
        return self.scorer([detector])(self.encode(X))[:, 0]

    def encode(self, X: Floats) -> Encoded:
        """Return left knot and share of the right knot of all tokens, both (n, tokens)."""
        return self.tokens.located(X)

    def scorer(self, detectors: Sequence[Detector]) -> Scorer:
        """Return a function that sums the curves of all detectors in one pass of the kernel."""
        return curve_scorer(detectors)

    def tensor_specs(self) -> TensorSpecs:
        """Return the specs of one curve per token, and a bias."""
        return curve_specs(self.tokens.count)


@dataclass(frozen=True)
class _Usual:
    """Genuine rows, prepared.

    Attributes:
        rows: The rows that the forms are fitted to, and all; raw features and the base's surprise.
        fitted: What closed forms need of the former.
        others: Where the other rows lie on the curves; the members' scales are measured on them.
    """

    rows: tuple[Floats, Floats]
    fitted: GenuineRows
    others: tuple[Ints, Floats]


@dataclass(frozen=True)
class _Made:
    """What e members made of p parts.

    Attributes:
        tables: Curves float32 (e, p, tokens, KNOTS).
        bias: Biases float32 (e, p).
        usual: Where genuine rows lie on the curves.
        flagged: Where the flags do.
    """

    tables: Floats
    bias: Floats
    usual: tuple[Ints, Floats]
    flagged: tuple[Ints, Floats]

    @cached_property
    def _genuine(self) -> NDArray[np.float64]:
        """Log-odds of genuine rows, float64 (e, p, n)."""
        return self._scores(self.usual)

    def _scores(self, located: tuple[Ints, Floats]) -> NDArray[np.float64]:
        members, parts, tokens, knots = self.tables.shape
        flat = self.tables.reshape(members * parts, tokens, knots)
        found = log_odds_of(*located, flat, self.bias.ravel())
        return np.ascontiguousarray(found.T).reshape(members, parts, -1)

    def left_out(self, folds: NDArray[np.bool_], places: Rows) -> NDArray[np.float64]:
        """Return the surprise of each flag under each member made without it, float64 (e, k).

        Args:
            folds: The flags that each fold keeps, bool (f, k).
            places: Which part each fold is, (f,).

        Returns:
            Not a number for a flag that no fold leaves out.
        """
        found = np.full((len(self.tables), folds.shape[1]), np.nan)
        scores, genuine = self._scores(self.flagged), self._genuine
        for member in range(len(self.tables)):
            for kept, part in zip(folds, places, strict=True):
                tails = Tails.fit(genuine[member, part])
                found[member, ~kept] = tails.surprise(scores[member, part, ~kept])
        return found

    def combined(self, weights: Doubles) -> tuple[Floats, Floats]:
        """Return the weighted sums of the members on one scale: tables (p, tokens, KNOTS), biases (p,)."""
        middle, high = np.quantile(self._genuine, (0.5, _HIGH), axis=2)
        scale = _LOG_ODDS * weights[:, None] / np.maximum(high - middle, 1e-9)
        tables = np.einsum("ep,eptk->ptk", scale, self.tables)
        return tables.astype(np.float32), np.sum(scale * (self.bias - middle), axis=0).astype(np.float32)


def _portfolio(artifacts: Artifacts) -> Portfolio:
    """Return the portfolio of all members that the artifacts allow."""
    return Portfolio(Tokens(artifacts.base, artifacts.evidence))


ADAPTERS = (Declaration("portfolio", _portfolio),)
