"""The network while it is drawn: nodes with names that are free, weights, and what is told of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import NetwrightError, ShapeError
from engine.formats.imported import Note
from engine.formats.onnx.reading.values import Given, Unmapped, Wire
from engine.layers.base import Layer, Signal
from engine.layers.data import Input, Target
from engine.layers.unknown import Unknown
from engine.node import Link, Node, WeightRule, name_refusal

Array = NDArray[Any]


@dataclass
class Draft:
    """What is drawn so far."""

    is_batched: bool
    is_own: bool = False
    """Whether Netwright wrote the file: then what leaves a layer last has its name."""
    samples: int = -1
    """How many samples the file is written for; -1: any number."""
    nodes: dict[str, Node] = field(default_factory=dict)
    signals: dict[str, tuple[Signal | None, ...]] = field(default_factory=dict)
    weights: dict[str, Array] = field(default_factory=dict)
    notes: dict[str, list[Note]] = field(default_factory=dict)
    """What is told of a node, by its name: told only if it stays."""
    owners: dict[tuple[str, str, tuple[int, ...]], str] = field(default_factory=dict)
    """The node that first learned an initialiser as such a weight."""
    taken: set[str] = field(default_factory=set)
    renamed: int = 0

    def name(self, wanted: str) -> str:
        """`wanted`, or the nearest name that is legal and free."""
        name = wanted
        if name_refusal(name):
            name = "".join("_" if mark in ":=" or not mark.isprintable() else mark for mark in wanted).strip() or "node"
            self.renamed += 1
        number, free = 1, name
        while free in self.taken:
            free, number = f"{name}_{number}", number + 1
        self.taken.add(free)
        return free

    def put(self, wanted: str, layer: Layer, wires: tuple[Wire, ...], weights: Mapping[str, Given]) -> tuple[Wire, ...]:
        """A node, and what leaves it. Raises Unmapped where the layer does not take what enters it."""
        try:
            signals = layer.outputs(*(_signal(wire) for wire in wires))
            shapes = {it.name: it.shape for it in layer.weights(*(wire.shape for wire in wires))}
        except NetwrightError as error:
            raise Unmapped(_reason(layer, error)) from None
        for key, given in weights.items():
            if given.dims != shapes.get(key):
                raise Unmapped(f"its {key} has the shape {given.dims}, not {shapes.get(key)}")
        name = self.name(wanted)
        rules = tuple(rule for key, given in weights.items() if (rule := self._learned(name, key, given)))
        self.nodes[name] = Node(name, tuple(wire.link for wire in wires), layer, weight=rules)
        self.signals[name] = signals
        batch = wires[0].batch if wires else (0 if self.is_batched else None)
        return tuple(Wire(Link(name, place), signal, batch) for place, signal in enumerate(signals))

    def unknown(
        self, wanted: str, layer: Unknown, wires: tuple[Wire, ...], signals: tuple[Signal | None, ...], why: str
    ) -> tuple[Wire, ...]:
        """A node that stands for what is not known."""
        name = self.name(wanted)
        self.nodes[name] = Node(name, tuple(wire.link for wire in wires), layer)
        self.signals[name] = signals
        self.tell(name, Note("unknown", name, f"{layer.type}: {why}"))
        batch = 0 if self.is_batched else None
        return tuple(Wire(Link(name, place), signal, batch) for place, signal in enumerate(signals))

    def classes(self, node: str, count: int) -> None:
        """Says of an input of indices that they are below `count`, where nothing is said of it yet."""
        found = self.nodes[node]
        if isinstance(found.layer, Input) and found.layer.values == "index" and not found.layer.classes:
            layer = replace(found.layer, classes=count)
            self.nodes[node] = replace(found, layer=layer)
            self.signals[node] = layer.outputs()

    def target(self, node: str, classes: int) -> None:
        """Makes an input of indices the target of a loss. Raises Unmapped where the node is something else."""
        layer = self.nodes[node].layer
        if isinstance(layer, Input) and layer.values == "index":
            target = Target(classes, layer.sizes)
            self.nodes[node] = replace(self.nodes[node], layer=target)
            self.signals[node] = target.outputs()
        elif not isinstance(layer, Target) or layer.classes != classes:
            raise Unmapped("compares with what is no input of indices")

    def tell(self, node: str, note: Note) -> None:
        """Keeps a note for as long as its node stays."""
        self.notes.setdefault(node, []).append(note)

    def _learned(self, node: str, key: str, given: Given) -> WeightRule | None:
        """Stores a weight, or gives the rule that shares one that is stored."""
        owner = self.owners.setdefault((given.source, key, given.dims), node) if given.source else node
        if owner != node and _same(self.weights[f"{owner}/{key}"], given.array):
            return WeightRule(name=key, same_as=owner)
        self.weights[f"{node}/{key}"] = np.asarray(given.array, np.float32)
        return None


def _same(a: Array, b: Array) -> bool:
    return a is b or bool(np.array_equal(a, b))


def _signal(wire: Wire) -> Signal:
    if wire.signal is None:
        raise ShapeError("what enters it is not known")
    return wire.signal


def _reason(layer: Layer, error: NetwrightError) -> str:
    return f"{type(layer).__name__} {error.message}"
