"""Which rows are for training, which for validation, which for a last test."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.data.chance import number
from engine.data.columns import NONE, Array, Rows
from engine.data.spec import Split

Parts = tuple[Rows, Rows, Rows]
"""Rows for training, validation and test, each in ascending order."""


def divided(rows: Rows, split: Split, classes: Array | None = None, groups: Array | None = None) -> Parts:
    """`rows` divided as `split` says; `classes` and `groups` tell each row's, where shares or groups are kept."""
    if not (split.validation or split.test):
        return rows, NONE, NONE
    shares = np.array([1 - split.validation - split.test, split.validation, split.test])
    random = np.random.default_rng(number("split", split.seed))
    kinds = np.zeros(len(rows), np.int64) if classes is None else np.unique(classes, return_inverse=True)[1]
    if groups is not None:
        owners = _by_group(kinds, groups, shares, random)
    else:
        owners = np.empty(len(rows), np.int64)
        for kind in range(int(kinds.max(initial=-1)) + 1):
            places = random.permutation(np.flatnonzero(kinds == kind))
            owners[places] = np.repeat(np.arange(3), counts(len(places), shares))
    return tuple(np.sort(rows[owners == part]) for part in range(3))  # type: ignore[return-value]


def counts(total: int, shares: Sequence[float] | Array) -> list[int]:
    """How many of `total` each share gets: whole numbers that add up, the largest remainders rounded up."""
    exact = np.asarray(shares) * total
    whole = np.floor(exact + 1e-9).astype(int)
    for place in np.argsort(whole - exact, kind="stable")[: total - int(whole.sum())]:
        whole[place] += 1
    return [int(count) for count in whole]


def _by_group(kinds: Array, groups: Array, shares: Array, random: np.random.Generator) -> NDArray[np.int64]:
    """Every group as a whole into the part that then comes closest to its share of every class; large groups first."""
    names, members = np.unique(groups, return_inverse=True)
    held = np.zeros((len(names), int(kinds.max(initial=0)) + 1))
    np.add.at(held, (members, kinds), 1)
    wanted = shares[:, None] * held.sum(axis=0)
    given = np.zeros_like(wanted)
    owner = np.zeros(len(names), np.int64)
    mixed = random.permutation(len(names))
    for group in mixed[np.argsort(-held[mixed].sum(axis=1), kind="stable")]:
        errors = np.square(given + held[group] - wanted) - np.square(given - wanted)
        open_parts = np.where(shares > 0, errors.sum(axis=1), np.inf)
        owner[group] = int(np.argmin(open_parts))
        given[owner[group]] += held[group]
    return owner[members]


def cut(rows: Rows, split: Split, overlap: int) -> Parts:
    """`rows` in three stretches: training, validation, test; of rows that share something the later are left out."""
    sizes = counts(len(rows), (1 - split.validation - split.test, split.validation, split.test))
    train, validation, test = np.split(rows, np.cumsum(sizes)[:2])
    return train, validation[overlap:], test[overlap:]


def thinned(rows: Rows, share: float, classes: Array | None = None) -> Rows:
    """A share of `rows`, the same in every run; of every class the same share, where `classes` are told."""
    return divided(rows, Split(test=1 - share), classes)[0] if share < 1 else rows
