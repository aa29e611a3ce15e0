"""Small networks, data specs and files for the tests of data."""

import gzip
import struct
from pathlib import Path

import numpy as np
from PIL import Image

from engine.data.dataset import Data, open_data
from engine.data.spec import DataSpec, Feed, Source, SourceRule, Split, Transform, TransformRule
from engine.errors import DataError
from engine.layers.base import Shape
from engine.layers.data import Input, Target
from engine.network import Network
from engine.node import Node


def network(shape: Shape = (1, 8, 8), classes: int = 10, target: Shape = ()) -> Network:
    """An input `image` and a target `digit`: data look at nothing else."""
    return of(Input(sizes=shape), Target(classes=classes, sizes=target))


def letters(count: int = 75) -> Network:
    """The same for a text of any length."""
    return of(Input(sizes=(-1,), values="index", classes=count), Target(classes=count, sizes=(-1,)))


def of(given: Input, target: Target) -> Network:
    return Network((Node("image", (), given), Node("digit", (), target)))


def steps(*rules: TransformRule, train: tuple[TransformRule, ...] = ()) -> tuple[Transform, ...]:
    return (*(Transform(rule) for rule in rules), *(Transform(rule, phase="train") for rule in train))


def spec(
    *sources: SourceRule | Source,
    x: str = "x",
    y: str = "y",
    split: Split | None = None,
    transforms: tuple[Transform, ...] = (),
    columns: tuple[str, ...] = (),
    labels: tuple[str, ...] = (),
    white: float = 255,
) -> DataSpec:
    return DataSpec(
        sources=tuple(source if isinstance(source, Source) else Source(source) for source in sources),
        split=split,
        feeds=(
            Feed("image", "" if columns else x, columns=columns, transforms=transforms, white=white),
            Feed("digit", y, labels=labels),
        ),
    )


def complaints(data: DataSpec, drawn: Network, base: Path = Path()) -> list[str]:
    """What is wrong, as people are told: `node: message`."""
    try:
        open_data(data, drawn, base)
    except DataError as error:
        return [f"{problem.node}: {problem.message}" if problem.node else problem.message for problem in error.problems]
    return []


def all_of(data: Data, node: str, part: str = "train") -> np.ndarray:
    """Everything that a node is fed with, in the order of the rows."""
    return np.concatenate([batch[node] for batch in data.part(part).batches(7)])


def save_npz(folder: Path, name: str = "a.npz", **arrays: np.ndarray) -> Path:
    np.savez(folder / name, **arrays)
    return folder / name


def save_idx(path: Path, array: np.ndarray) -> Path:
    """As the format's page describes it: two zeros, 8 for bytes, the number of axes, their sizes, the values."""
    content = struct.pack(f">4B{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.astype(np.uint8).tobytes()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def save_pictures(folder: Path, **classes: list[Image.Image]) -> Path:
    for name, pictures in classes.items():
        (folder / name).mkdir(parents=True)
        for number, picture in enumerate(pictures):
            picture.save(folder / name / f"{number}.png")
    return folder
