"""Batches of sequences of similar length, so that little is padded, in an order that is still one by chance."""

from __future__ import annotations

import numpy as np

from engine.data.chance import number
from engine.data.columns import Rows

POOL = 100
"""Batches whose samples are put in order of length together: more would pad less, and mix less."""


def bucketed(places: Rows, lengths: Rows, size: int, seed: int, epoch: int) -> Rows:
    """`places`, mixed for an epoch, so that each `size` of them have similar `lengths`; a smaller rest comes last.

    Pools of them are sorted by length and cut into batches, which then come in any order (Khomenko et al. 2016).
    """
    pools = [places[at : at + POOL * size] for at in range(0, len(places), POOL * size)]
    ordered = np.concatenate([places[:0], *(pool[np.argsort(lengths[pool], kind="stable")] for pool in pools)])
    whole = len(ordered) // size * size
    mixed = np.random.default_rng(number("buckets", seed, epoch)).permutation(whole // size)
    return np.concatenate([ordered[:whole].reshape(-1, size)[mixed].ravel(), ordered[whole:]])
