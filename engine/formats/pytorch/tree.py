"""A network as scopes: what stands in each use of a block, in an order in which each call comes after what feeds it."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from engine.arguments import Scope as Values
from engine.arguments import arguments, bound, entering_links
from engine.backends.graph import Site, Source, arranged
from engine.blocks import Block, Use
from engine.formats.pytorch.calls import Step
from engine.node import Link, Node


@dataclass(frozen=True, eq=False)
class Leaf:
    """A layer in its scope, under its own name there."""

    name: str
    site: Site
    step: Step
    note: str = ""
    batch: Source | None = None
    """An input of the network, where it needs to know how many samples there are."""

    @property
    def takes(self) -> tuple[Source, ...]:
        return self.site.feeds if self.batch is None else (self.batch,)

    @property
    def gives(self) -> tuple[Source, ...]:
        return tuple((self.site.name, place) for place in range(len(self.site.outputs)))

    @property
    def sites(self) -> tuple[Site, ...]:
        return (self.site,)


@dataclass(frozen=True, eq=False)
class Scope:
    """One instance of a block, or the whole network: its calls in order and what goes in and out."""

    name: str
    title: str
    values: Values
    items: tuple[Item, ...]
    entering: Mapping[Source, str]
    """What comes from outside, in the order of the block's inputs, and what it is called inside."""
    outputs: tuple[Source, ...]
    note: str = ""
    only_training: Item | None = None
    """The first item from which on nothing is needed when it is not training."""

    @cached_property
    def sites(self) -> tuple[Site, ...]:
        """All that stand in it, at any depth."""
        return tuple(site for item in self.items for site in item.sites)

    @cached_property
    def height(self) -> int:
        """How deep scopes stand in it."""
        return max((1 + inner.height for inner in self.inner), default=0)

    @property
    def inner(self) -> Iterator[Scope]:
        """The scopes that stand in it directly."""
        for item in self.items:
            if isinstance(item, Visit):
                yield item.scope
            elif isinstance(item, Loop):
                yield from item.scopes


@dataclass(frozen=True, eq=False)
class Visit:
    """One call of an instance of a block; `index` tells which of several under one name."""

    name: str
    scope: Scope
    index: int | None = None
    note: str = ""

    @property
    def takes(self) -> tuple[Source, ...]:
        return tuple(self.scope.entering)

    @property
    def gives(self) -> tuple[Source, ...]:
        return self.scope.outputs

    @property
    def sites(self) -> tuple[Site, ...]:
        return self.scope.sites


@dataclass(frozen=True, eq=False)
class Loop:
    """Instances one behind the other: the outputs of each are inputs of the next."""

    name: str
    scopes: tuple[Scope, ...]
    note: str = ""

    @property
    def takes(self) -> tuple[Source, ...]:
        return tuple(self.scopes[0].entering)

    @property
    def gives(self) -> tuple[Source, ...]:
        return self.scopes[-1].outputs

    @property
    def sites(self) -> tuple[Site, ...]:
        return tuple(site for scope in self.scopes for site in scope.sites)

    @cached_property
    def carried(self) -> tuple[int | None, ...] | None:
        """For each input which output of the instance before it is, None where it stays; None: it is no loop."""
        found: list[int | None] = []
        for place, first in enumerate(self.takes):
            sources = [tuple(scope.entering)[place : place + 1] for scope in self.scopes[1:]]
            if all(source == (first,) for source in sources):
                found.append(None)
                continue
            outputs = {_place(source, before.outputs) for source, before in zip(sources, self.scopes, strict=False)}
            if len(outputs) != 1 or None in outputs:
                return None
            found.append(outputs.pop())
        is_even = len({(len(scope.entering), len(scope.outputs)) for scope in self.scopes}) == 1
        is_carried = set(range(len(self.gives))) == {place for place in found if place is not None}
        return tuple(found) if is_even and is_carried else None


Item = Leaf | Visit | Loop


def _place(source: tuple[Source, ...], outputs: tuple[Source, ...]) -> int | None:
    return outputs.index(source[0]) if source and source[0] in outputs else None


@dataclass(frozen=True)
class Forest:
    """What scopes are made from: the sites that are written, their steps, the blocks, and who is fed by what."""

    sites: Mapping[str, Site]
    steps: Mapping[str, Step]
    blocks: Mapping[str, Block]
    wanted: frozenset[Source]
    batch: Source | None = None
    """An input of the network."""

    @cached_property
    def users(self) -> Mapping[Source, frozenset[str]]:
        """The nodes that each value enters."""
        found: dict[Source, set[str]] = {}
        for site in self.sites.values():
            for source in site.feeds:
                found.setdefault(source, set()).add(site.name)
        return {source: frozenset(names) for source, names in found.items()}

    def scope(
        self, name: str, nodes: Iterable[Node], block: Block | None = None, values: Values | None = None
    ) -> Scope:
        """What stands at `name`: the whole network, or an instance of `block`."""
        prefix = f"{name}/" if name else ""
        items = tuple(item for node in nodes for item in self._items(prefix, node, values or {}))
        entering = self._entering(prefix, items, block)
        title, note = (block.name, block.note) if block else ("", "")
        return Scope(name, title, values or {}, ordered(items), entering, self._outputs(items), note)

    def _items(self, prefix: str, node: Node, values: Values) -> Iterator[Item]:
        full = prefix + node.name
        if full in self.sites:
            step = self.steps[full]
            yield Leaf(node.name, self.sites[full], step, node.note, self.batch if "{batch}" in step.call else None)
        elif isinstance(node.layer, Use) and any(name.startswith(f"{full}/") for name in self.sites):
            layer = bound(node, values) if node.bind else node.layer
            assert isinstance(layer, Use)
            yield from self._uses(full, replace(node, layer=layer), layer, values)

    def _uses(self, full: str, node: Node, layer: Use, values: Values) -> Iterator[Item]:
        block = self.blocks[layer.block]
        given = arguments(block, layer.set, values)
        names = [full] if layer.repeat == 1 else [f"{full}/{index}" for index in range(layer.repeat)]
        made = (
            self.scope(name, block.nodes, block, {**given, "index": index})
            for index, name in enumerate(names)
            if any(site.startswith(f"{name}/") for site in self.sites)
        )
        scopes = tuple(made)
        loop = Loop(node.name, scopes, node.note)
        if len(scopes) == 1:
            yield Visit(node.name, scopes[0], note=node.note)
        elif loop.carried is not None and self._is_chain(scopes):
            yield loop
        else:
            yield from apart(loop)

    def _is_chain(self, scopes: tuple[Scope, ...]) -> bool:
        """Whether what an instance gives goes to the next one alone."""
        for scope, following in itertools.pairwise(scopes):
            own = {site.name for site in (*scope.sites, *following.sites)}
            if any(not self.users.get(source, frozenset()) <= own or source in self.wanted for source in scope.outputs):
                return False
        return True

    def _outputs(self, items: tuple[Item, ...]) -> tuple[Source, ...]:
        own = {site.name for item in items for site in item.sites}
        given = (source for item in items for source in item.gives)
        return tuple(it for it in given if it in self.wanted or not self.users.get(it, frozenset()) <= own)

    def _entering(self, prefix: str, items: tuple[Item, ...], block: Block | None) -> dict[Source, str]:
        own = {site.name for item in items for site in item.sites}
        strange = [source for item in items for source in item.takes if source[0] not in own]
        found: dict[Source, str] = {}
        for name in block.inputs if block else ():
            source = self._input(prefix, name, items, block)
            if source is not None and source in strange:
                found.setdefault(source, name)
        for source in strange:
            found.setdefault(source, source[0].rpartition("/")[2])
        return found

    def _input(self, prefix: str, name: str, items: tuple[Item, ...], block: Block | None) -> Source | None:
        """What enters as the block's input `name`, told by a node inside that takes it."""
        there = {item.name: item for item in items}
        for node in block.nodes if block else ():
            item = there.get(node.name)
            if isinstance(item, Leaf):
                pairs = zip(arranged(node), item.site.sources, strict=False)
                found = next((actual for drawn, actual in pairs if drawn and drawn[0] == name), None)
                if found is not None:
                    return found
            elif item is not None and isinstance(node.layer, Use):
                scope = item.scope if isinstance(item, Visit) else item.scopes[0]
                names = {inner: source for source, inner in scope.entering.items()}
                links: Mapping[str, Link | None] = entering_links(self.blocks[node.layer.block], node)
                inner = next((inner for inner, link in links.items() if link and link.node == name), "")
                if inner in names:
                    return names[inner]
        return None


def apart(item: Item) -> tuple[Item, ...]:
    """A loop as calls of each instance, and a call as what stands in the instance."""
    if isinstance(item, Loop):
        return tuple(Visit(item.name, scope, index, item.note) for index, scope in enumerate(item.scopes))
    if isinstance(item, Visit):
        prefix = item.name if item.index is None else f"{item.name}_{item.index}"
        return tuple(replace(inner, name=f"{prefix}_{inner.name}") for inner in item.scope.items)
    return (item,)


def ordered(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """Each behind all that feed it, as the author has them otherwise.

    What takes something that is made of its own outputs is taken apart: it cannot be one call.
    """
    while True:
        makers = {source: place for place, item in enumerate(items) for source in item.gives}
        makers |= {(site.name, n): place for place, it in enumerate(items) for site in it.sites for n in range(9)}
        waits = [{makers[it] for it in item.takes if it in makers} - {place} for place, item in enumerate(items)]
        followers: dict[int, list[int]] = {}
        for place, before in enumerate(waits):
            for one in before:
                followers.setdefault(one, []).append(place)
        ready = [place for place, before in enumerate(waits) if not before]
        found: list[int] = []
        while ready:
            place = heapq.heappop(ready)
            found.append(place)
            for follower in followers.get(place, ()):
                waits[follower].discard(place)
                if not waits[follower]:
                    heapq.heappush(ready, follower)
        if len(found) == len(items):
            return tuple(items[place] for place in found)
        stuck = next(p for p, it in enumerate(items) if p not in found and not isinstance(it, Leaf))
        items = (*items[:stuck], *apart(items[stuck]), *items[stuck + 1 :])
