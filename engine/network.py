"""A network: its nodes in the author's order and its blocks; every edit makes a new one."""

from __future__ import annotations

import graphlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from engine.blocks import Block
from engine.errors import NetwrightError
from engine.layers.base import Layer
from engine.node import Link, Node, WeightRule


@dataclass(frozen=True)
class Network:
    """All nodes and blocks, as one immutable value."""

    nodes: tuple[Node, ...] = ()
    blocks: tuple[Block, ...] = ()

    @cached_property
    def by_name(self) -> Mapping[str, Node]:
        """Every node by its name; of nodes with one name the first."""
        return {node.name: node for node in reversed(self.nodes)}

    def __getitem__(self, name: str) -> Node:
        return self.by_name[name]

    def __contains__(self, name: object) -> bool:
        return name in self.by_name

    @cached_property
    def order(self) -> tuple[Node, ...]:
        """The nodes so that each comes after all that feed it. Raises NetwrightError naming the nodes of a cycle."""
        feeds = {n.name: [link.node for link in n.inputs if link.node in self.by_name] for n in self.nodes}
        try:
            return tuple(self.by_name[name] for name in graphlib.TopologicalSorter(feeds).static_order())
        except graphlib.CycleError as error:
            circle = list(reversed(error.args[1]))
            raise NetwrightError(f"{' → '.join(circle)} is a circle", node=circle[0]) from None

    @cached_property
    def users(self) -> Mapping[str, tuple[str, ...]]:
        """For every node the names of the nodes that it feeds."""
        users: dict[str, list[str]] = {node.name: [] for node in self.nodes}
        for node in self.nodes:
            for link in node.inputs:
                users.setdefault(link.node, []).append(node.name)
        return {name: tuple(dict.fromkeys(found)) for name, found in users.items()}

    def owner_of(self, name: str, weight: str) -> str:
        """The full name of a weight of the node `name`: that of the node it is shared with, or its own."""
        seen: set[str] = set()
        while name in self and name not in seen:
            seen.add(name)
            name = self[name].rule_for(weight).same_as or name
        return f"{name}/{weight}"

    def free_name(self, wanted: str) -> str:
        """`wanted`, or with the first number behind it that no node has."""
        if wanted not in self:
            return wanted
        stem = wanted.rstrip("0123456789") or wanted
        return next(name for number in range(1, len(self.nodes) + 3) if (name := f"{stem}{number}") not in self)

    def add(self, *nodes: Node) -> Network:
        """With `nodes` at the end."""
        return replace(self, nodes=(*self.nodes, *nodes))

    def change(self, name: str, change: Callable[[Node], Node]) -> Network:
        """With the node `name` replaced by `change(node)`; the others stay the same objects."""
        return replace(self, nodes=tuple(change(n) if n.name == name else n for n in self.nodes))

    def set_layer(self, name: str, layer: Layer) -> Network:
        """With another layer (or other parameters) in the node `name`."""
        return self.change(name, lambda node: replace(node, layer=layer))

    def remove(self, names: Iterable[str]) -> Network:
        """Without the nodes `names` and the wires from them; who shared their weights first owns them now."""
        gone = frozenset(names)
        kept = [node for node in self.nodes if node.name not in gone]
        heirs = {rule.same_as: node.name for node in reversed(kept) for rule in node.weight if rule.same_as in gone}
        return replace(self, nodes=tuple(_bequeathed(_without(node, gone), heirs) for node in kept))

    def rename(self, old: str, new: str) -> Network:
        """With the node `old` called `new`, here and in every wire and shared weight. Raises NetwrightError."""
        if new == old:
            return self
        if new in self:
            raise NetwrightError(f"there is already a node named {new!r}", node=old)
        owners = {rule.same_as for node in self.nodes for rule in node.weight}
        within = {name for name in owners if name.startswith(f"{old}/") and name not in self}  # of a block in use
        names = {old: new} | {name: new + name.removeprefix(old) for name in within}
        return replace(self, nodes=tuple(_renamed(node, names) for node in self.nodes))

    def connect(self, link: Link, name: str) -> Network:
        """With a wire `link` into the slot it names of the node `name`; a slot for one wire loses the one it had."""
        node = self[name]
        single = {slot.name for slot in node.layer.SLOTS if not slot.many}
        kept = tuple(wire for wire in node.wires if wire.slot != link.slot or link.slot not in single)
        return self.change(name, lambda node: node.wired((*kept, link)))

    def disconnect(self, wire: Link, name: str) -> Network:
        """Without the wire `wire` (one of `node.wires`) into the node `name`."""
        kept = list(self[name].wires)
        kept.remove(wire)
        return self.change(name, lambda node: node.wired(tuple(kept)))


def _without(node: Node, gone: frozenset[str]) -> Node:
    kept = tuple(wire for wire in node.wires if wire.node not in gone)
    return node if len(kept) == len(node.inputs) else node.wired(kept)


def _bequeathed(node: Node, heirs: Mapping[str, str]) -> Node:
    if all(rule.same_as not in heirs for rule in node.weight):
        return node
    rules = (replace(rule, same_as=heirs.get(rule.same_as, rule.same_as)) for rule in node.weight)
    own = (replace(rule, same_as="") if rule.same_as == node.name else rule for rule in rules)
    return replace(node, weight=tuple(rule for rule in own if rule != WeightRule()))


def _renamed(node: Node, names: Mapping[str, str]) -> Node:
    if (
        node.name not in names
        and all(link.node not in names for link in node.inputs)
        and all(rule.same_as not in names for rule in node.weight)
    ):
        return node
    return replace(
        node,
        name=names.get(node.name, node.name),
        inputs=tuple(replace(link, node=names.get(link.node, link.node)) for link in node.inputs),
        weight=tuple(replace(rule, same_as=names.get(rule.same_as, rule.same_as)) for rule in node.weight),
    )
