"""The numbers of a `.caffemodel` as weights in the neutral layout."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from engine.errors import ShapeError
from engine.formats.caffe.blobs import array_of
from engine.formats.caffe.building import Building
from engine.formats.caffe.message import Message

if TYPE_CHECKING:
    from numpy.typing import NDArray


def weights_of(building: Building, net: Message, file: str) -> dict[str, NDArray[Any]]:
    """The blobs of a net's layers by `node/weight`. Raises Unreadable."""
    made: dict[str, NDArray[Any]] = {}
    for name, blobs in _with_blobs(net):
        learned = building.learned.get(name)
        if learned is None or learned.node not in building.nodes:
            building.note_of_many("ignored", "", "the file has weights of layers that have none here", name)
            continue
        arrays = [array_of(blob, f"blob {place} of {name}", file) for place, blob in enumerate(blobs)]
        for weight, array in learned.load(arrays).items():
            if not building.nodes[learned.node].rule_for(weight).same_as:
                made.setdefault(f"{learned.node}/{weight}", _fitting(building, learned.node, weight, array))
    for node, weight in _owned(building) if made else ():
        if f"{node}/{weight}" not in made:
            building.note_of_many("approximated", "", "the file has no weights for them", node)
    return made


def _owned(building: Building) -> Iterator[tuple[str, str]]:
    """Every node that learns, with each weight that it does not share with an earlier one."""
    for learned in building.learned.values():
        node = building.nodes.get(learned.node)
        yield from ((learned.node, name) for name in learned.names if node and not node.rule_for(name).same_as)


def _with_blobs(net: Message) -> Iterator[tuple[str, list[Message]]]:
    for layer in (*net.all("layer"), *net.all("layers")):
        inner = layer.get("layer") if layer.has("layer") else layer  # of the first generation
        blobs = layer.all("blobs") or inner.all("blobs")
        if blobs:
            yield str(inner.get("name")), blobs


def _fitting(building: Building, node: str, weight: str, array: NDArray[Any]) -> NDArray[Any]:
    """In the shape that the layer has; the old form of a blob has four axes whatever it holds."""
    wanted = _shapes(building, node).get(weight)
    if wanted is not None and array.size == math.prod(wanted):
        return array.reshape(wanted)
    if wanted is not None:
        text = f"its {weight} is {array.shape} in the file, not {wanted}"
        building.note("approximated", node, text)
        return array
    rank = _RANKS.get(weight, 1)
    kernel = getattr(building.nodes[node].layer, "kernel", ())
    rank = len(kernel) + 2 if weight == "weight" and kernel else rank
    while array.ndim > rank and array.shape[0] == 1:
        array = array[0]
    return array


_RANKS = {"weight": 2}


def _shapes(building: Building, name: str) -> dict[str, tuple[int, ...]]:
    """The shapes of a node's weights, where what enters it is known."""
    node = building.nodes[name]
    signals = [building.signal(link) for link in node.inputs]
    if any(signal is None or -1 in signal.shape[:1] for signal in signals):
        return {}
    try:
        return {weight.name: weight.shape for weight in node.layer.weights(*(s.shape for s in signals if s))}
    except (ShapeError, IndexError):
        return {}
