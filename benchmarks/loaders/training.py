"""A training step for every batch: what is left of a network's speed when its pictures come from a loader.

The network, torch's program of it and the steps are the same for all; only who loads the pictures differs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import numpy as np

from engine.backends import backend
from engine.backends.base import Batch, Pending, Plan
from engine.data.dataset import open_data
from engine.network import Network
from engine.training.optimizers import SGD
from engine.training.recipe import Optimizer, Recipe
from loaders.ours import CLASSES, node, spec
from loaders.task import SIDE, Epoch, Task

Load = Callable[[int], Iterable[Batch]]
"""The batches of an epoch."""


def network() -> Network:
    """45 million multiply-accumulates a picture: small enough for the loader to count."""
    return Network(
        (
            node("image", "input", sizes=(3, SIDE, SIDE)),
            node("label", "target", classes=CLASSES),
            node("conv1", "conv2d", "image", filters=32, kernel=7, stride=4, padding=3),
            node("relu1", "relu", "conv1"),
            node("conv2", "conv2d", "relu1", filters=64, kernel=3, stride=2, padding=1),
            node("relu2", "relu", "conv2"),
            node("conv3", "conv2d", "relu2", filters=128, kernel=3, stride=2, padding=1),
            node("relu3", "relu", "conv3"),
            node("pool", "global_avg_pool", "relu3"),
            node("ip", "dense", "pool", units=CLASSES),
            node("loss", "softmax_cross_entropy", "ip", "label"),
        )
    )


def fed_by_netwright(task: Task) -> Epoch:
    """`Part.batches`."""
    part = open_data(spec(replace(task, how="crop")), network()).part("train")
    return _steps(task, lambda number: part.batches(task.batch, seed=0, epoch=number, shuffle=True))


def fed_by_data_loader(task: Task) -> Epoch:
    """torch's DataLoader over Pillow."""
    from loaders.by_torch import loader_of

    loader = loader_of(replace(task, how="crop"))

    def load(_: int) -> Iterator[Batch]:
        return ({"image": images.numpy(), "label": labels.numpy()} for images, labels in loader)

    return _steps(task, load)


def fed_from_memory(task: Task) -> Epoch:
    """The same few batches again and again: nothing is loaded."""
    random = np.random.default_rng(0)
    sizes = [min(task.batch, len(task.files) - start) for start in range(0, len(task.files), task.batch)]
    image = random.normal(size=(task.batch, 3, SIDE, SIDE)).astype(np.float32)
    label = random.integers(0, CLASSES, task.batch)
    return _steps(task, lambda _: ({"image": image[:size], "label": label[:size]} for size in sizes))


def _steps(task: Task, load: Load) -> Epoch:
    recipe = Recipe(optimizer=Optimizer(SGD(learning_rate=0.001)), batch_size=task.batch, epochs=1)
    plan = Plan("torch", layout="channels_last", threads=task.threads)
    program = backend("torch").build(network(), recipe, plan)

    def epoch(number: int) -> Iterable[int]:
        pending: Pending | None = None
        for step, batch in enumerate(load(number)):
            following = program.train_step(batch, 0.001, step)
            if pending is not None:
                pending.fetch()
            pending = following
            yield len(batch["label"])
        if pending is not None:
            pending.fetch()

    return epoch
