"""Uses of blocks, opened: their inner nodes under full names, with fields and wires as they are in that place."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from engine.arguments import Scope, arguments, bound, entering_links
from engine.blocks import Block, Use
from engine.errors import NetwrightError, did_you_mean
from engine.layers.base import Layer
from engine.node import Link, Node, WeightRule
from engine.same import Same
from engine.soundness import check_block

LARGEST = 20_000
"""Nodes that the blocks of a network make together; what would be more stays closed."""
DEEPEST = 32

Firsts = tuple[tuple[str, str], ...]
"""For blocks that share their weights, where each stands first, and so owns them."""

Place = tuple[str, int]
"""An output by its node's name and its number."""


@dataclass(frozen=True)
class Inside:
    """What stands inside a use: all nodes at any depth by their full names, and where its outputs come from."""

    nodes: tuple[str, ...]
    outputs: tuple[Link, ...]


@dataclass(frozen=True)
class Instance:
    """A node, or what stands in its place: `insides` of the use itself and of those within it."""

    nodes: tuple[Node, ...]
    insides: Mapping[str, Inside] = field(default_factory=dict)
    firsts: Firsts = ()


@functools.lru_cache(maxsize=4096)
def instance_of(same: Same, firsts: Firsts) -> Instance | NetwrightError:
    """What a node makes of the blocks (both in `same`), or why it cannot be opened. Its wires still lead to uses."""
    node, blocks = same.parts
    opening = _Opening({block.name: block for block in reversed(blocks)}, dict(firsts))
    try:
        opening.place(node, {}, ())
    except NetwrightError as error:
        return error.with_traceback(None)
    return opening.finished()


def resolved(link: Link, stands: Mapping[Place, Link | None]) -> Link | None:
    """The output that `link` stands for in the end; None where nothing feeds it."""
    seen: set[Place] = set()
    found: Link | None = link
    while found is not None and (place := (found.node, found.output)) in stands and place not in seen:
        seen.add(place)  # blocks that only hand on could feed each other in a circle
        found = stands[place]
    return None if found is None else replace(found, slot=link.slot)


def rewired(node: Node, stands: Mapping[Place, Link | None]) -> Node:
    """With its wires leading to what their sources stand for, and without those from nothing."""
    if not any((link.node, link.output) in stands for link in node.inputs):
        return node
    links = [resolved(link, stands) for link in node.inputs]
    if None not in links:
        return replace(node, inputs=tuple(filter(None, links)))
    return node.wired(tuple(filter(None, (resolved(wire, stands) for wire in node.wires))))


class _Opening:
    """A node while it is opened: its inner nodes so far, and what names of outputs stand for."""

    def __init__(self, blocks: Mapping[str, Block], firsts: dict[str, str]) -> None:
        self._blocks = blocks
        self._firsts = firsts
        self._nodes: list[Node] = []
        self._stands: dict[Place, Link | None] = {}
        self._spans: dict[str, tuple[int, int, tuple[Link, ...]]] = {}
        self._size = 0

    def finished(self) -> Instance:
        """All nodes with their wires between each other."""
        nodes = tuple(rewired(node, self._stands) for node in self._nodes)
        insides = {
            name: Inside(
                tuple(node.name for node in nodes[start:end]),
                tuple(filter(None, (resolved(link, self._stands) for link in outputs))),
            )
            for name, (start, end, outputs) in self._spans.items()
        }
        return Instance(nodes, insides, tuple(self._firsts.items()))

    def place(self, node: Node, scope: Scope, around: tuple[str, ...]) -> None:
        """Adds a node, or what is inside it. `around` are the blocks that it stands in. Raises NetwrightError."""
        if node.bind:
            node = replace(node, layer=bound(node, scope), bind=())
        if isinstance(node.layer, Use) and node.state != "bypassed":
            self._open(node, node.layer, scope, around)
        else:
            self._nodes.append(node)

    def _open(self, use: Node, layer: Use, scope: Scope, around: tuple[str, ...]) -> None:
        block = self._block(layer, around)
        given = arguments(block, layer.set, scope)
        entering = entering_links(block, use)
        self._reserve(layer.repeat * max(1, len(block.nodes)))
        start = len(self._nodes)
        outputs: tuple[Link, ...] = ()
        for index in range(layer.repeat):
            prefix = f"{use.name}/{index}" if layer.repeat > 1 else use.name
            begin = len(self._nodes)
            self._stands |= {(f"{prefix}/{name}", 0): link for name, link in entering.items()}
            for node in block.nodes:
                self._place_inner(node, use, prefix, {**given, "index": index}, (*around, block.name))
            outputs = tuple(_moved(Link.parse(output), prefix) for output in block.outputs)
            entering |= dict(zip(block.inputs, outputs, strict=False))
            if layer.shared:
                self._share(begin, prefix, self._firsts.setdefault(block.name, prefix))
        if around:  # what the outermost use gives is known to the network around it, which may lead it back
            self._stands |= {(use.name, place): link for place, link in enumerate(outputs)}
        self._spans[use.name] = (start, len(self._nodes), outputs)
        self._rule(start, use)

    def _block(self, layer: Use, around: tuple[str, ...]) -> Block:
        block = self._blocks.get(layer.block)
        if block is None:
            hint = did_you_mean(layer.block, self._blocks) or "draw the block, or put a layer in its place"
            raise NetwrightError(f"there is no block named {layer.block!r}", hint=hint)
        if block.name in around:
            circle = " → ".join((*around[around.index(block.name) :], block.name))
            raise NetwrightError(f"the block {block.name!r} would stand in itself: {circle}", hint="use another block")
        if len(around) >= DEEPEST:
            raise NetwrightError(
                f"blocks stand more than {DEEPEST} deep in each other", hint="use fewer within another"
            )
        check_block(block)
        return block

    def _reserve(self, size: int) -> None:
        self._size += size
        if self._size > LARGEST:
            raise NetwrightError(f"it would make more than {LARGEST:,} nodes", hint="repeat it less often")

    def _place_inner(self, node: Node, use: Node, prefix: str, scope: Scope, around: tuple[str, ...]) -> None:
        inner = replace(
            node,
            name=f"{prefix}/{node.name}",
            inputs=tuple(_moved(link, prefix) for link in node.inputs),
            weight=tuple(replace(r, same_as=f"{prefix}/{r.same_as}") if r.same_as else r for r in node.weight),
            state="muted" if use.state == "muted" else node.state,
            phase="train" if use.phase == "train" else node.phase,
        )
        try:
            self.place(inner, scope, around)
        except NetwrightError as error:
            message = f"in the block {around[-1]!r} the node {node.name!r}: {error.message}"
            raise NetwrightError(message, hint=error.hint) from None

    def _share(self, start: int, prefix: str, owner: str) -> None:
        """All nodes from `start` on share the weights of those that stand at the same places in `owner`."""
        if owner != prefix:
            for place in range(start, len(self._nodes)):
                path = self._nodes[place].name.removeprefix(prefix)
                self._add_rules(place, [WeightRule(same_as=owner + path)])

    def _rule(self, start: int, use: Node) -> None:
        """The rules of a use hold for the nodes in it, those for a weight `0/conv/weight` for that one alone."""
        for place in range(start, len(self._nodes)) if use.weight else ():
            path = self._nodes[place].name.removeprefix(f"{use.name}/")
            self._add_rules(place, _rules_within(use.weight, path))

    def _add_rules(self, place: int, rules: Iterable[WeightRule]) -> None:
        node = self._nodes[place]
        if type(node.layer).weights is not Layer.weights:
            self._nodes[place] = replace(node, weight=(*node.weight, *rules))


def _moved(link: Link, prefix: str) -> Link:
    return replace(link, node=f"{prefix}/{link.node}")


def _rules_within(rules: Iterable[WeightRule], path: str) -> Iterator[WeightRule]:
    """Of the rules of a use those that hold for the inner node `path`, as its own."""
    for rule in rules:
        node, _, weight = rule.name.rpartition("/")
        if not rule.name or node == path:
            yield replace(rule, name=weight, same_as=f"{rule.same_as}/{path}" if rule.same_as else "")
