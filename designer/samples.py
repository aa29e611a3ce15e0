"""Samples of the data as people see them: pictures where they are pictures, else their first values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtGui import QImage

from engine.data.dataset import open_data
from engine.data.leaks import leaks
from engine.data.unseen import unseen

if TYPE_CHECKING:
    from engine.data.dataset import Data
    from engine.data.spec import DataSpec
    from engine.network import Network

SHOWN = 24
"""How many samples a preview shows."""

FIGURES = 10
"""How many values of a sample that is no picture."""

NONE = "–"
"""What stands for an index of no class: behind the end of a sequence, or left out by the loss."""

COMMON = 3
"""How many classes of a mask."""


@dataclass(frozen=True)
class Shown:
    """One sample: a picture or text of what enters the network, what is expected of it, where it comes from."""

    picture: QImage | None
    text: str
    label: str
    place: str


@dataclass(frozen=True)
class Preview:
    """What a data spec gives a network: sizes of the parts, samples, how often each class is there."""

    parts: Mapping[str, int]
    samples: tuple[Shown, ...]
    counts: Mapping[str, int]
    notes: tuple[str, ...]


def preview(spec: DataSpec, network: Network, base: Path) -> Preview:
    """Opens the data and looks at samples spread over the training part. Raises DataError; slow: not for the window."""
    data = open_data(spec, network, base)
    train = data.part("train")
    places = np.unique(np.linspace(0, len(train) - 1, min(SHOWN, len(train))).astype(int))
    targets = {node for node, want in ((f.node, f.want) for f in data.feedings) if want.is_target}
    return Preview(
        {name: len(part) for name, part in data.parts.items()},
        tuple(_shown(data, targets, int(place)) for place in places),
        next(iter(data.counts["train"].values()), {}) if data.counts else {},
        tuple(problem.message for problem in (*data.problems, *unseen(data), *leaks(data))),
    )


def _shown(data: Data, targets: set[str], place: int, part: str = "train") -> Shown:
    sample = data.part(part).sample(place)
    inputs = {node: array for node, array in sample.prepared.items() if node not in targets}
    picture = next((made for array in inputs.values() if (made := picture_of(array)) is not None), None)
    text = "" if picture else "; ".join(_values(data, node, array) for node, array in inputs.items())
    label = ", ".join(_values(data, node, sample.prepared[node]) for node in targets if node in sample.prepared)
    return Shown(picture, text, label, sample.place)


def picture_of(array: Any) -> QImage | None:
    """An array (1 or 3, height, width) as a picture from its lowest value to its highest; None for other shapes."""
    if array.ndim != 3 or array.shape[0] not in (1, 3) or min(array.shape[1:]) < 4:
        return None
    low, high = float(array.min()), float(array.max())
    bytes_ = ((array - low) * (255 / ((high - low) or 1))).astype(np.uint8)
    pixels = np.ascontiguousarray(np.broadcast_to(bytes_.transpose(1, 2, 0), (*array.shape[1:], 3)))
    height, width = array.shape[1:]
    return QImage(pixels.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def _values(data: Data, node: str, array: Any) -> str:
    labels = data.labels.get(node) or _classes(data, node)
    flat = np.asarray(array).ravel()
    if labels and array.ndim > 1:
        return _shares(labels, flat)
    if labels and flat.dtype.kind in "iu":
        words = [labels[value] if 0 <= value < len(labels) else NONE for value in flat[: 8 * FIGURES].tolist()]
        between = "" if max(map(len, words)) == 1 else " "  # letters make words by themselves
        return between.join(words).replace("\n", "↵")
    if flat.size == 1:
        return f"{flat[0]:.3g}"
    return "".join(f"{value:>9.3g}" for value in flat[:FIGURES]) + (" …" if flat.size > FIGURES else "")


def _shares(labels: tuple[str, ...], mask: Any) -> str:
    """What covers most of a mask."""
    counts = np.bincount(mask[(mask >= 0) & (mask < len(labels))], minlength=len(labels))
    common = [place for place in np.argsort(-counts, kind="stable").tolist() if counts[place]]
    return ", ".join(f"{labels[place]} {counts[place] / mask.size:.0%}" for place in common[:COMMON])


def _classes(data: Data, node: str) -> tuple[str, ...]:
    """What the indices stand for that an input gets; empty where it gets numbers."""
    fed = (feeding for feeding in data.feedings if feeding.node == node and feeding.wants.values == "index")
    return next((feeding.column.classes for feeding in fed), ())


def sample_of(run: Path, number: int, folder: Path) -> tuple[str, Shown]:
    """Sample `number` of a run's validation part (or training part): as a question to its model, and to be shown.

    The question is a JSON object that names a file with the values as they were read for each input node.
    """
    from engine.opening import open_model

    model = open_model(run).model
    data = open_data(model.data, model.network, run)
    part = next(data.parts[name] for name in ("validation", "train") if len(data.parts.get(name, ())))
    targets = {f.node for f in data.feedings if f.want.is_target}
    place = number % len(part)
    files: dict[str, str] = {}
    for node, values in part.sample(place).raw.items():
        if node not in targets:
            files[node] = str(folder / f"{len(files)}.npy")
            np.save(files[node], values[None])
    return json.dumps(files), _shown(data, targets, place, part.name)
