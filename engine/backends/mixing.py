"""Mix-up: the samples of a batch blended in pairs, and their targets with them. Zhang et al. 2018."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.backends.base import Array, Batch
from engine.backends.graph import random_seed
from engine.errors import NetwrightError
from engine.mixing import Mixable, Shares, mixable
from engine.network import Network
from engine.training.recipe import Recipe


@dataclass(frozen=True)
class Mixing:
    """λ·x + (1 − λ)·x′ for a λ of Beta(alpha, alpha) and x′ the same batch in another order; so too the targets.

    λ is the larger of the two, for either may come first. What is drawn follows from the seed and the step.
    """

    alpha: float
    seed: int
    what: Mixable

    def mixed(self, batch: Batch, step: int) -> Batch:
        """What the training step `step` sees of `batch`; indices are shares for every class then."""
        random = np.random.default_rng((random_seed(self.seed, step), MIX_UP))
        drawn = random.beta(self.alpha, self.alpha)
        share = np.float32(max(drawn, 1 - drawn))
        fed = {name: _shared(batch[name], self.what.shares.get(name)) for name in self.what.fed if name in batch}
        order = random.permutation(len(next(iter(fed.values()), ())))
        return {name: share * values + (1 - share) * values[order] for name, values in fed.items()}


MIX_UP = 1
"""What the numbers are drawn for: a dropout that begins with the same seed has others."""


def mixing_of(network: Network, recipe: Recipe) -> Mixing | None:
    """How an active network's batches are blended; None where the recipe does not ask for it. Raises NetwrightError."""
    if recipe.mix_up is None:
        return None
    what = mixable(network)
    for problem in what.problems:
        raise NetwrightError(problem.message, node=problem.node)
    return Mixing(recipe.mix_up.alpha, recipe.seed, what)


def _shared(values: Array, shares: Shares | None) -> Array:
    """In float32, an index as the share that every class has."""
    values = np.asarray(values)
    if shares is None or shares.axis is None:
        return values.astype(np.float32, copy=False)
    made = values[..., None] == np.arange(shares.classes)
    if shares.ignored is not None:
        made &= (values != shares.ignored)[..., None]
    return np.moveaxis(made, -1, shares.axis + 1).astype(np.float32)
