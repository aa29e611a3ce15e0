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

CLASSES = 10


def node(name: str, kind: str, *sources: str, **fields: object) -> Node:
    """A node of the catalogue."""
    return Node(name, tuple(map(Link.parse, sources)), CATALOGUE.get(kind)(**fields))


def network() -> Network:
    """A network that takes the pictures and their classes."""
    return Network(
        (
            node("image", "input", sizes=(3, SIDE, SIDE)),
            node("label", "target", classes=CLASSES),
            node("flat", "flatten", "image"),
            node("ip", "dense", "flat", units=CLASSES),
            node("loss", "softmax_cross_entropy", "ip", "label"),
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
