"""Running averages of the weights: a network learns with its weights and answers with their averages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from engine.training.recipe import Average

Tensor = Any
"""A backend's tensor or array."""

LEARNING = "learning"
"""What the weights that learn are called in a program's state, where it answers with their averages."""


class Arithmetic(Protocol):
    """What is done with a backend's tensors, in place."""

    def copy(self, tensor: Tensor) -> Tensor:
        """Another one with the same values."""

    def exchange(self, one: Tensor, other: Tensor) -> None:
        """Gives each the values of the other."""

    def follow(self, averages: list[Tensor], weights: list[Tensor], share: float) -> None:
        """Moves every average by `share` of the way to its weight, and not at all where they are equal."""


class Averages:
    """The averages of `weights`, or nothing where a recipe has none.

    A network reads its weights where they are. So there is one more set of them, `_beside`, and the two exchange their
    values whenever the program goes from learning to answering or back.
    """

    def __init__(self, rule: Average | None, weights: Mapping[str, Tensor], arithmetic: Arithmetic) -> None:
        self._decay = rule.decay if rule else 0.0
        self._place = weights
        self._arithmetic = arithmetic
        self._beside = {name: arithmetic.copy(weight) for name, weight in weights.items()} if rule else {}
        self._is_learning = True

    def learn(self) -> None:
        """Puts the weights that learn where the network reads."""
        self._be(is_learning=True)

    def answer(self) -> None:
        """Puts the averages where the network reads."""
        self._be(is_learning=False)

    def follow(self, t: int) -> None:
        """After step `t` (from 1), while learning."""
        if self._beside:
            share = 1 - min(self._decay, t / (t + 9))
            averages = list(self._beside.values())
            self._arithmetic.follow(averages, [self._place[name] for name in self._beside], share)

    def answering(self) -> Mapping[str, Tensor]:
        """The weights that the network answers with, by name."""
        return self._beside if self._beside and self._is_learning else self._place

    def learning(self) -> dict[str, Tensor]:
        """The weights that learn, as they are named in the state; nothing where they are those it answers with."""
        found = self._place if self._is_learning else self._beside
        return {f"{name}/{LEARNING}": found[name] for name in self._beside}

    def begin(self) -> None:
        """Takes what lies where the network reads for both."""
        for name in self._beside:
            self._beside[name] = self._arithmetic.copy(self._place[name])

    def _be(self, *, is_learning: bool) -> None:
        if is_learning != self._is_learning:
            for name, other in self._beside.items():
                self._arithmetic.exchange(self._place[name], other)
        self._is_learning = is_learning
