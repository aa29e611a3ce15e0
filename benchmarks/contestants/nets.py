"""The networks of the contest: what Netwright executes, how batches look, how they are learned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contestants.turns import Batches
from engine.data.sources import NPZ
from engine.data.spec import DataSpec, Feed, Source
from engine.layers.data import Input
from engine.model import Model
from engine.network import Network
from engine.opening import open_model
from engine.training.optimizers import SGD, Adam, OptimizerRule
from engine.training.recipe import METRICS, Metric, Optimizer, Recipe

Random = np.random.Generator
Arrays = dict[str, NDArray[Any]]

CHARACTERS, LENGTH = 75, 64


@dataclass(frozen=True)
class Net:
    """One network; `steps` are those of one turn, about a third of a second."""

    name: str
    source: str
    """The model of which the network is taken; its inputs get the shape of the samples."""
    batch: int
    steps: int
    samples: Callable[[Random, int], tuple[NDArray[Any], NDArray[Any]]]
    """So many samples and targets."""
    optimizer: OptimizerRule = SGD(learning_rate=0.01, momentum=0.9)

    def batches(self) -> Batches:
        """The batches of a turn, the same for everybody."""
        arrays = self._arrays()
        return [
            {name: array[begin : begin + self.batch] for name, array in arrays.items()}
            for begin in range(0, self.batch * self.steps, self.batch)
        ]

    def model(self, data: Path = Path("data.npz")) -> Model:
        """What Netwright trains; its data are those that `write` puts there."""
        network = self._network()
        feeds = tuple(Feed(node=name, column=name) for name in _fed(network))
        recipe = Recipe(
            optimizer=Optimizer(self.optimizer),
            batch_size=self.batch,
            epochs=1,
            metrics=(Metric(METRICS.get("accuracy")()),),
        )
        return Model(self.name, network, recipe, DataSpec(sources=(Source(NPZ(path=str(data))),), feeds=feeds))

    def write(self, path: Path) -> None:
        """The samples as a file."""
        np.savez(path, **self._arrays())

    def _arrays(self) -> Arrays:
        found = self.samples(np.random.default_rng(0), self.batch * self.steps)
        return dict(zip(_fed(self._network()), found, strict=True))

    def _network(self) -> Network:
        """That of the gallery, for samples of these sizes."""
        network = open_model(self.source).model.network
        x, _ = self.samples(np.random.default_rng(0), 1)
        nodes = (
            replace(node, layer=replace(node.layer, sizes=x.shape[1:]))
            if isinstance(node.layer, Input) and node.layer.values == "number"
            else node
            for node in network.nodes
        )
        return replace(network, nodes=tuple(nodes))


def _fed(network: Network) -> tuple[str, ...]:
    """The input and the target."""
    data = [node for node in network.nodes if node.layer.FAMILY == "data"]
    return tuple(node.name for node in sorted(data, key=lambda node: not isinstance(node.layer, Input)))


def pictures(*shape: int) -> Callable[[Random, int], tuple[NDArray[Any], NDArray[Any]]]:
    """Noise of this shape, in ten classes."""
    return lambda random, count: (random.normal(size=(count, *shape)).astype(np.float32), random.integers(0, 10, count))


def text(random: Random, count: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Windows of letters, and those that follow."""
    letters = random.integers(0, CHARACTERS, (count, LENGTH + 1))
    return letters[:, :-1].copy(), letters[:, 1:].copy()


NETS = {
    net.name: net
    for net in (
        Net("lenet", "gallery:lenet", 64, 20, pictures(1, 28, 28)),
        Net("resnet20", "gallery:resnet20", 64, 4, pictures(3, 32, 32)),
        Net("mlp", str(Path(__file__).with_name("mlp.txtpb")), 128, 60, pictures(784)),
        Net("lstm", "gallery:char_lstm", 32, 5, text, Adam(learning_rate=0.003)),
    )
}
"""LeNet as Caffe has it; ResNet-20 with shortcuts of 1x1 convolutions; 784-512-512-10; 75 letters, 32, 256, 75."""
