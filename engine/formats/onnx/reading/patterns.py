"""Layers that were written as several operators, put together again: a product and a sum are a Dense, and so on.

Each pattern looks at a node and those before it, and gives what the node is instead; what nothing needs then is gone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.active import needed
from engine.formats.imported import Note
from engine.formats.onnx.reading.draft import Draft
from engine.layers.base import Layer, Shape
from engine.network import Network
from engine.node import Link, Node, WeightRule

Array = NDArray[Any]
L = TypeVar("L", bound=Layer)


@dataclass
class Tidy:
    """The network that is being put together."""

    draft: Draft
    nodes: dict[str, Node]
    ends: frozenset[str]
    weights: dict[str, Array]
    moved: dict[str, str] = field(default_factory=dict)
    """Nodes that have become part of another, by which weights may be shared."""
    uses: Counter[str] = field(default_factory=Counter)

    def layer(self, link: Link, kind: type[L]) -> L | None:
        """The layer that a wire comes from, where it is of that kind."""
        layer = self.nodes[link.node].layer
        return layer if isinstance(layer, kind) and link.output == 0 else None

    def inner(self, link: Link, kind: type[L]) -> L | None:
        """The layer that a wire comes from, where it is of that kind and nothing else needs it."""
        is_inner = self.uses[link.node] == 1 and link.node not in self.ends
        return self.layer(link, kind) if is_inner else None

    def before(self, link: Link, place: int = 0) -> Link:
        """The wire into the node that a wire comes from."""
        return self.nodes[link.node].inputs[place]

    def shape(self, link: Link) -> Shape:
        """Of a sample of what flows; nothing where it is not known."""
        signal = self.draft.signals[link.node][link.output]
        return signal.shape if signal else ()

    def weight(self, node: str, name: str) -> Array | None:
        """A weight of a node, its own or shared; None: it has none."""
        rule = next((rule for rule in self.nodes[node].weight if rule.name == name), None)
        return self.weights.get(f"{rule.same_as if rule else node}/{name}")

    def become(self, node: Node, layer: Layer, inputs: Iterable[Link], *origins: tuple[str, str, str]) -> Node:
        """`node` as another layer; `origins`: its new weight, and the node and the weight that it was."""
        rules = []
        for name, origin, old in origins:
            rule = next((rule for rule in self.nodes[origin].weight if rule.name == old), None)
            if rule is not None:
                rules.append(replace(rule, name=name))
            elif f"{origin}/{old}" in self.weights:
                self.weights[f"{node.name}/{name}"] = self.weights[f"{origin}/{old}"]
            if origin != node.name:
                self.moved[origin] = node.name
                for note in self.draft.notes.get(origin, ()):
                    self.draft.tell(node.name, Note(note.fate, node.name, note.text))
        made = Node(node.name, tuple(inputs), layer, weight=tuple(rules))
        self.count(node, -1)
        self.count(made, 1)
        self.nodes[node.name] = made
        return made

    def learned(self, node: Node, **values: Array) -> None:
        """Gives a node weights with these values."""
        for name, array in values.items():
            self.weights[f"{node.name}/{name}"] = np.asarray(array, np.float32)

    def count(self, node: Node, change: int) -> None:
        """What feeds a node is used once more, or less; nodes that nothing uses no longer use anything."""
        for link in node.inputs:
            self.uses[link.node] += change
            if not self.uses[link.node] and link.node not in self.ends and change < 0:
                self.count(self.nodes[link.node], -1)

    def undo(self, node: Node, link: Link) -> bool:
        """`node` does nothing to what `link` carries; it takes over what does, where its name is the one to keep."""
        origin = self.nodes[link.node]
        is_last = self.draft.is_own or node.name in self.ends
        if is_last and link.output == 0 and self._leads_only(origin, node):
            prefix = f"{origin.name}/"
            names = [key.removeprefix(prefix) for key in self.weights if key.rpartition("/")[0] == origin.name]
            names += [rule.name for rule in origin.weight]
            self.become(node, origin.layer, origin.inputs, *((name, origin.name, name) for name in names))
            return True
        if node.name not in self.ends:
            self.passed(node, link)
        return False

    def _leads_only(self, origin: Node, node: Node) -> bool:
        """Whether all that `origin` feeds leads to `node` alone."""
        name = node.name
        while name != origin.name:
            (first, *others) = self.nodes[name].inputs or (Link(""),)
            if others or not first.node or self.uses[first.node] != 1 or first.node in self.ends:
                return False
            name = first.node
        return not origin.layer.FED and len(self.draft.signals[origin.name]) == 1

    def passed(self, node: Node, link: Link) -> None:
        """Leads all that `node` feeds to `link` instead."""
        for name, other in self.nodes.items():
            if any(wire.node == node.name for wire in other.inputs):
                inputs = tuple(replace(link, slot=w.slot) if w.node == node.name else w for w in other.inputs)
                self.nodes[name] = replace(other, inputs=inputs)
                self.uses[link.node] += sum(wire.node == node.name for wire in other.inputs)
        self.uses[node.name] = 0
        self.count(node, -1)


Pattern = Callable[[Tidy, Node], bool]
PATTERNS: list[tuple[tuple[type[Layer], ...], Pattern]] = []
"""By the kinds of layers that complete them."""


def completes(*kinds: type[Layer]) -> Callable[[Pattern], Pattern]:
    """Declares a pattern."""

    def declare(pattern: Pattern) -> Pattern:
        PATTERNS.append((kinds, pattern))
        return pattern

    return declare


def tidied(network: Network, draft: Draft, ends: list[Link]) -> tuple[Network, dict[str, Array]]:
    """The network with its patterns put together, and its weights."""
    from engine.formats.onnx.reading import pattern_rules

    tidy = Tidy(draft, {n.name: n for n in network.nodes}, frozenset(link.node for link in ends), dict(draft.weights))
    for node in network.nodes:
        tidy.count(node, 1)
    by_kind = pattern_rules.by_kind()
    for name in [node.name for node in network.nodes]:
        while any(pattern(tidy, tidy.nodes[name]) for pattern in by_kind.get(type(tidy.nodes[name].layer), ())):
            pass
    fed = [node.name for node in network.nodes if node.layer.FED or node.layer.FAMILY == "loss"]
    made = needed(Network(tuple(tidy.nodes.values())), [*tidy.ends, *fed])
    return _shared(made, tidy.moved), tidy.weights


def _shared(network: Network, moved: dict[str, str]) -> Network:
    """With weights shared with the nodes that have taken over those that are gone."""

    def now(rule: WeightRule) -> WeightRule:
        name = rule.same_as
        while name in moved and name not in network:
            name = moved[name]
        return replace(rule, same_as=name)

    return replace(network, nodes=tuple(replace(n, weight=tuple(map(now, n.weight))) for n in network.nodes))
