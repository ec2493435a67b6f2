"""Preferences of a new user from 1, 3, 5 or 10 likes: relation network and MAML on an interaction graph.

Known users and items form a graph. An item's place in it is its row of the normalised graph's truncated
singular value decomposition, and its popularity. Each user is a task. The support contains the likes shown
(class 1) and random items (class 0). The query contains the user's other likes and random items. The measure
is NDCG@10 of the user's hidden likes among all items not shown, for users not used in training.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.func import vmap
from torch.nn import functional

from examples.learning import predict, seeded, train
from examples.likes import Likes, movielens, simulated
from examples.recommenders import Matrix, Recommender, candidates
from examples.scores import Example, Score, Summary
from meta.learners.gradient import State, maml
from meta.learners.metric import MetricLearner, relation_logits, relation_params
from meta.learners.networks import mlp, mlp_params
from meta.learners.tasks import Tasks

SHOWN = (1, 3, 5, 10)
FACTORS, OTHERS, FOUND, AMONG = 24, 20, 10, 60  # random items in a support, likes and items in a query


@dataclass(frozen=True)
class Split:
    """Known users, validation users for the choice of settings, and new users."""

    known: Likes
    validation: Likes
    new: Likes

    @classmethod
    def of(cls, likes: Likes, seed: int) -> Split:
        """Split users 70 : 10 : 20 by the seed."""
        order = np.random.default_rng(seed).permutation(len(likes))
        first, second = int(0.7 * len(likes)), int(0.8 * len(likes))
        return cls(likes[order[:first]], likes[order[first:second]], likes[order[second:]])


def graph_places(known: Likes) -> Tensor:
    """Return the place (items, FACTORS + 1) of each item in the graph of known users, and its popularity."""
    x = known.astype(np.float64)
    users, items = x.sum(1, keepdims=True), x.sum(0, keepdims=True)
    normalised = x / np.sqrt(users.clip(1) * items.clip(1))
    _, strength, right = np.linalg.svd(normalised, full_matrices=False)
    places = (right[:FACTORS] * strength[:FACTORS, None]).T
    places = np.column_stack([places / places.std(), np.log1p(items[0]) - np.log1p(items).mean()])
    return torch.from_numpy(places.astype(np.float32))


def user_tasks(likes: Likes, places: Tensor, shown: int, users: int, generator: torch.Generator) -> Tasks:
    """Return a task for each of `users` users drawn: likes and random items in support and query."""
    liked = torch.from_numpy(
        likes[torch.randint(len(likes), (users,), generator=generator)].astype(np.float32)
    )
    order = (liked + 0.5 * torch.rand(liked.shape, generator=generator)).argsort(1, descending=True)
    drawn = torch.randint(liked.shape[1], (users, OTHERS + AMONG), generator=generator)
    support = torch.cat([order[:, :shown], drawn[:, :OTHERS]], 1)
    query = torch.cat([order[:, shown : shown + FOUND], drawn[:, OTHERS:]], 1)
    positive = torch.cat([torch.ones(users, FOUND), torch.zeros(users, AMONG)], 1).long()
    given = torch.cat([torch.ones(users, shown), torch.zeros(users, OTHERS)], 1).long()
    return Tasks(places[support], given, places[query], positive)


def ranking(logits: Tensor, y: Tensor) -> Tensor:
    """Return the cross-entropy of finding the likes among all candidates; logits (q, 2), y (q,)."""
    score = logits[:, 1] - logits[:, 0]
    return -(functional.log_softmax(score, 0) * y).sum() / y.sum()


def balanced(logits: Tensor, y: Tensor) -> Tensor:
    """Return the cross-entropy of likes and random items, with equal weight for both."""
    losses = functional.cross_entropy(logits, y, reduction="none")
    return 0.5 * (losses * y).sum() / y.sum() + 0.5 * (losses * (1 - y)).sum() / (1 - y).sum()


def ndcg(scores: Matrix, shown: npt.NDArray[np.bool_], likes: Likes) -> float:
    """Return the mean NDCG@10 of the likes not shown, among all items not shown."""
    hidden = likes & ~shown
    top = np.where(shown, -np.inf, scores).argsort(1)[:, ::-1][:, :10]
    discount = 1 / np.log2(np.arange(2, 12))
    gain = (np.take_along_axis(hidden, top, 1) * discount).sum(1)
    best = np.array([discount[: min(10, n)].sum() for n in hidden.sum(1)])
    return float((gain / best).mean())


def show(likes: Likes, count: int, seed: int) -> npt.NDArray[np.bool_]:
    """Return `count` likes of each user, drawn by the seed."""
    drawn = likes + np.random.default_rng(seed).random(likes.shape)
    shown = np.zeros_like(likes)
    np.put_along_axis(shown, drawn.argsort(1)[:, ::-1][:, :count], True, 1)
    return shown


def measure(seed: int, quick: bool) -> list[Score]:
    """Measure on simulated users, and on MovieLens if it is installed."""
    worlds = {"simulated users": simulated(300 if quick else 1_500, 150 if quick else 400, seed)}
    if not quick and (real := movielens()) is not None:
        worlds["MovieLens"] = real
    return [score for name, likes in worlds.items() for score in _in_world(name, likes, seed, quick)]


def _in_world(panel: str, likes: Likes, seed: int, quick: bool) -> list[Score]:
    split = Split.of(likes, seed)
    methods = dict(_chosen(split, seed)) | dict(_learned(split, seed, 60 if quick else 1_000))
    scores = []
    for count in SHOWN:
        shown = show(split.new, count, seed)
        for name, rank in methods.items():
            found = ndcg(rank(shown.astype(np.float32)), shown, split.new)
            scores.append(Score(panel, name, count, found))
    return scores


def _chosen(split: Split, seed: int) -> Iterator[tuple[str, Recommender]]:
    """Yield each recommender with the settings that rank best for validation users, over all counts."""
    shown = [show(split.validation, count, seed) for count in SHOWN]

    def found(rank: Recommender) -> float:
        return sum(ndcg(rank(s.astype(np.float32)), s, split.validation) for s in shown)

    for name, fitted in candidates(split.known).items():
        yield name, max(fitted, key=found)


def _learned(split: Split, seed: int, count: int) -> Iterator[tuple[str, Recommender]]:
    places, generator = graph_places(split.known), seeded(seed)
    batches = [user_tasks(split.known, places, SHOWN[i % len(SHOWN)], 16, generator) for i in range(count)]
    embedding = mlp_params((FACTORS + 1, 64, 32), seed=seed)
    relation = MetricLearner(partial(relation_logits, ways=2), ranking)
    params = relation.train(relation_params(embedding, 32, seed=seed), batches, rate=2e-3)
    answer = vmap(partial(relation.logits, params), in_dims=(0, 0, None))
    yield "relation", _recommender(places, lambda sx, sy: answer(sx, sy, places), seed)
    learner = maml(mlp, balanced, steps=3, outer=ranking)
    start = State.start(mlp_params((FACTORS + 1, 64, 32, 2), seed=seed), 0.1)
    state = train(learner, start, batches, 2e-3)

    def adapted(sx: Tensor, sy: Tensor) -> Tensor:
        return predict(learner, state, Tasks(sx, sy, places.expand(len(sx), *places.shape), sy))

    yield "MAML", _recommender(places, adapted, seed)


def _recommender(places: Tensor, logits: Callable[[Tensor, Tensor], Tensor], seed: int) -> Recommender:
    """Return a recommender whose support is the likes shown and OTHERS items drawn with the seed."""

    def rank(shown: Matrix) -> Matrix:
        count = int(shown[0].sum())
        given = torch.from_numpy(shown).argsort(dim=1, descending=True, stable=True)[:, :count]
        drawn = torch.randint(len(places), (len(shown), OTHERS), generator=seeded(seed))
        y = torch.cat([torch.ones(len(shown), count), torch.zeros(len(shown), OTHERS)], 1).long()
        found = logits(places[torch.cat([given, drawn], 1)], y)
        scores: Matrix = (found[..., 1] - found[..., 0]).detach().numpy()
        return scores

    return rank


def tell(summary: Summary) -> str:
    """Return a paragraph with the results."""
    said = []
    for world in dict.fromkeys(mean.panel for mean in summary.means):
        few, many = (summary.best(world, count, lowest=False) for count in (SHOWN[0], SHOWN[-1]))
        relation, own = (summary.of(world, name, SHOWN[-1]) for name in ("relation", "MAML"))
        said.append(
            f"{world}: with one like {few.method} ranks best (NDCG@10 {few.mean:.3f}), with ten "
            f"{many.method} ({many.mean:.3f}; relation network {relation.mean:.3f}, MAML {own.mean:.3f})."
        )
    return " ".join(said)


EXAMPLE = Example("What a new user likes", "likes shown", "NDCG@10 among all other items", measure, tell)
