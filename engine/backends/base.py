"""What every backend offers: a network made into a program that takes training steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from engine.network import Network
    from engine.training.recipe import Recipe

Array = NDArray[Any]
Batch = Mapping[str, Array]
"""Arrays (batch, *shape) by the name of the Input or Target node they feed."""

Layout = Literal["channels_first", "channels_last"]


@dataclass(frozen=True)
class Plan:
    """How a network is executed: fixed before a run's first step and recorded."""

    backend: str
    device: str = "cpu"
    precision: str = "float32"
    layout: Layout = "channels_first"
    compiled: bool = False
    threads: int = 0
    deterministic: bool = False
    """Whether only algorithms are used that give the same bits every time; on the CPU all do."""


@dataclass(frozen=True)
class Outcome:
    """What a step or an evaluation of one batch gave, in numpy.

    The total loss, each loss by its node, and by `NODE` or `NODE:OUTPUT` what the losses were fed and what was asked
    for. Each loss is the mean over the batch (weighted by its classes' weights where it has some) times its `weight`.
    """

    loss: float
    losses: Mapping[str, float]
    outputs: Mapping[str, Array]


class Pending(Protocol):
    """An outcome that may still be on its way from the device."""

    def fetch(self) -> Outcome:
        """Waits for it."""


class Program(Protocol):
    """A network with weights, ready to run under a plan."""

    def train_step(self, batch: Batch, learning_rate: float, step: int) -> Pending:
        """One step of the optimiser. `step` counts from 0 and, with the seed, fixes every random choice in it.

        The arrays of `batch` are not copied: they must not change until the outcome has been fetched.

        Where the recipe accumulates, `batch` holds the samples of all batches of the step and is cut here.
        """

    def evaluate(self, batch: Batch) -> Pending:
        """Losses and outputs without learning, as when deployed."""

    def predict(self, batch: Batch, nodes: tuple[str, ...]) -> Mapping[str, Array]:
        """The outputs of `nodes` (`NODE` or `NODE:OUTPUT`), as when deployed; targets may be missing."""

    def weights(self) -> dict[str, NDArray[np.float32]]:
        """All weights by `node/weight`, running averages included, in the neutral layout.

        Where the recipe averages them, the averages: those that `evaluate` and `predict` use.
        """

    def load_weights(self, weights: Mapping[str, Array]) -> None:
        """Takes all weights. Raises NetwrightError naming what is missing or has another shape."""

    def state(self) -> dict[str, NDArray[np.float32]]:
        """The optimiser's state by `node/weight/NAME`, engine-neutral; what counts steps is the loop's `step`.

        Where the recipe averages weights, those that learn are in it as `node/weight/learning`.
        """

    def load_state(self, state: Mapping[str, Array]) -> None:
        """Takes an optimiser's state, after the weights."""

    def first_non_finite(self, batch: Batch) -> str:
        """The first node, in order, with a value, weight or gradient that is not finite for `batch`; "" where none."""


class Backend(Protocol):
    """One framework; the modules of `BACKENDS` are of this form."""

    name: str

    def devices(self) -> tuple[str, ...]:
        """What can be trained on: `cpu`, `cuda:0`, `gpu:0`, `mps`."""

    def versions(self) -> Mapping[str, str]:
        """The framework's version and build, for the run's environment."""

    def peak_memory(self, device: str) -> int:
        """The most bytes that this process has had on `device`; on the CPU, resident. Raises Unsupported."""

    def build(
        self,
        network: Network,
        recipe: Recipe,
        plan: Plan,
        weights: Mapping[str, Array] | None = None,
        outputs: tuple[str, ...] = (),
    ) -> Program:
        """The program of `network` (blocks opened). Weights that are not given are drawn from the recipe's seed.

        `outputs` are nodes (`NODE` or `NODE:OUTPUT`) that an Outcome holds besides those that feed a loss.
        Raises DeviceError, Unsupported and NetwrightError for what keeps it from running.
        """
