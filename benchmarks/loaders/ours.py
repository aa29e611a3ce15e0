"""Netwright's loader, as a training uses it."""

from __future__ import annotations

from collections.abc import Iterable

from engine.data.dataset import open_data
from engine.data.sources import ImageFolder
from engine.data.spec import DataSpec, Feed, Source, Transform
from engine.data.transforms import Normalize, RandomCrop, RandomFlip, Resize
from engine.layers import CATALOGUE
from engine.network import Network
from engine.node import Link, Node
from loaders.task import DEVIATION, MEAN, SIDE, Epoch, Task


def network(classes: int = 10) -> Network:
    """A network that takes the pictures and their classes."""
    kinds = (("image", "input", {"sizes": (3, SIDE, SIDE)}, ()), ("label", "target", {"classes": classes}, ()))
    rest = (
        ("flat", "flatten", {}, ("image",)),
        ("ip", "dense", {"units": classes}, ("flat",)),
        ("loss", "softmax_cross_entropy", {}, ("ip", "label")),
    )
    return Network(
        tuple(
            Node(name, tuple(map(Link.parse, sources)), CATALOGUE.get(kind)(**fields))
            for name, kind, fields, sources in (*kinds, *rest)
        )
    )


def spec(task: Task) -> DataSpec:
    """The data section that says what the task does."""
    size = RandomCrop(size=(SIDE, SIDE)) if task.how == "crop" else Resize(size=(SIDE, SIDE))
    rules = (size, RandomFlip(), Normalize(mean=MEAN, deviation=DEVIATION))
    image = Feed("image", "image", transforms=tuple(map(Transform, rules)))
    return DataSpec((Source(ImageFolder(str(task.folder))),), feeds=(image, Feed("label", "label")))


def netwright(task: Task) -> Epoch:
    """`Part.batches`, shuffled."""
    part = open_data(spec(task), network()).part("train")

    def epoch(number: int) -> Iterable[int]:
        return (len(batch["image"]) for batch in part.batches(task.batch, seed=0, epoch=number, shuffle=True))

    return epoch
