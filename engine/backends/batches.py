"""Batches on their way into a program: checked, given the numbers' kind, cut where gradients are accumulated."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from engine.backends.base import Array, Batch
from engine.backends.graph import Graph, Site
from engine.errors import NetwrightError, Unsupported
from engine.layers.base import written

AS_IT_IS = "train with --no-compile"


def entering(batch: Batch, graph: Graph) -> dict[str, Array]:
    """What feeds the inputs and targets of `graph`: int64 for indices, else float32. Raises NetwrightError."""
    given = {site.name: _entering(batch, site) for site in graph.inputs}
    size_of(given)
    return given


def _entering(batch: Batch, site: Site) -> Array:
    array = batch.get(site.name)
    if array is None:
        raise NetwrightError("nothing feeds it", node=site.name, hint="say in the data section which column does")
    signal = site.outputs[0]
    array = np.asarray(array, np.int64 if signal.values == "index" else np.float32)
    shape = tuple(array.shape[1:])
    if len(shape) != len(signal.shape) or any(n != axis >= 0 for n, axis in zip(shape, signal.shape, strict=True)):
        found, wanted = written(shape), written(signal.shape)
        raise NetwrightError(f"needs samples of {wanted}, and is fed with {found}", node=site.name)
    return array


def size_of(batch: Batch) -> int:
    """How many samples a batch has. Raises NetwrightError where its arrays differ in that."""
    sizes = {name: len(array) for name, array in batch.items()}
    if len(set(sizes.values())) > 1:
        raise NetwrightError(f"the arrays of a batch differ in length: {sizes}")
    return next(iter(sizes.values()), 0)


def cut(batch: Batch, parts: int) -> Iterator[tuple[float, Batch]]:
    """At most `parts` pieces of a batch as equal as can be, each with its share of the samples."""
    size = size_of(batch)
    length = -(-size // parts)
    for begin in range(0, size, length):
        piece = {name: array[begin : begin + length] for name, array in batch.items()}
        yield min(length, size - begin) / size, piece


def blank(graph: Graph, size: int) -> dict[str, Array]:
    """A batch of noughts for `graph`. Raises Unsupported where a length is known only when it is fed."""
    return {site.name: _blank(site, size) for site in graph.inputs}


def _blank(site: Site, size: int) -> Array:
    signal = site.outputs[0]
    if min(signal.shape, default=1) < 0:
        raise Unsupported("takes inputs of any length, and is compiled for one", node=site.name, hint=AS_IT_IS)
    return np.zeros((size, *signal.shape), np.int64 if signal.values == "index" else np.float32)
