"""Plots and tables of a run, for its `report` folder: curves of loss and metrics, the confusion of classes."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.training.messages import Epoch, Progress, Story, Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_LABELS = 40
"""Classes up to which they are named and counted in the picture."""


def save_curves(story: Story, folder: Path) -> list[Path]:
    """`loss.png`, a picture for each metric, and all numbers in `epochs.csv`."""
    folder.mkdir(parents=True, exist_ok=True)
    epochs = [told for told in story.messages if isinstance(told, Epoch)]
    names = list(dict.fromkeys(name for told in epochs for name in (*told.train, *told.validation)))
    table = folder / "epochs.csv"
    with table.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(_rows(epochs, names))
    return [table, *(_save_curve(story, epochs, name, folder / f"{_file_name(name)}.png") for name in names)]


def save_confusion(table: Table, labels: Sequence[str], path: Path) -> Path:
    """`table[given][predicted]` as a picture, and beside it as a file."""
    counts = np.array(table)
    with path.with_suffix(".csv").open("w", newline="", encoding="utf-8") as file:
        rows = [[label, *row] for label, row in zip(labels, counts.tolist(), strict=True)]
        csv.writer(file).writerows([["target", *labels], *rows])
    size = max(4.0, min(12.0, 1.5 + 0.45 * len(labels)))
    figure = _figure(size, size)
    axes = figure.add_subplot()
    axes.imshow(counts / np.maximum(1, counts.sum(1, keepdims=True)), cmap="Blues", vmin=0, vmax=1)
    axes.set(xlabel="predicted", ylabel="target")
    if len(labels) <= MOST_LABELS:
        axes.set_xticks(range(len(labels)), labels, rotation=90)
        axes.set_yticks(range(len(labels)), labels)
        for (given, predicted), count in np.ndenumerate(counts):
            if count:
                color = "white" if count > counts[given].sum() / 2 else "black"
                axes.text(predicted, given, str(count), ha="center", va="center", color=color, fontsize=8)
    return _saved(figure, path)


def _rows(epochs: Sequence[Epoch], names: Sequence[str]) -> Iterator[list[Any]]:
    yield ["epoch", "step", *(f"{part}_{name}" for part in ("train", "validation") for name in names)]
    for told in epochs:
        means = (part.get(name, "") for part in (told.train, told.validation) for name in names)
        yield [told.epoch, told.step, *means]


def _save_curve(story: Story, epochs: Sequence[Epoch], name: str, path: Path) -> Path:
    figure = _figure(7.0, 4.2)
    axes = figure.add_subplot()
    steps = [told for told in story.messages if isinstance(told, Progress)]
    lately = [told.loss if name == "loss" else told.metrics.get(name, np.nan) for told in steps]
    axes.plot([told.step for told in steps], lately, color="0.8", linewidth=0.8, label="steps")
    for part in ("train", "validation"):
        points = [(told.step, means[name]) for told in epochs if name in (means := getattr(told, part))]
        if points:
            axes.plot(*zip(*points, strict=True), marker=".", label=part)
    axes.set(xlabel="steps", ylabel=name.replace("_", " "))
    axes.grid(alpha=0.3)
    axes.legend()
    return _saved(figure, path)


def _figure(width: float, height: float) -> Figure:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)  # draws into memory: needs no display
    return figure


def _saved(figure: Figure, path: Path) -> Path:
    figure.savefig(path, dpi=120)
    return path


def _file_name(name: str) -> str:
    return "".join(sign if sign.isalnum() or sign in "-_" else "_" for sign in name)
