"""What a module computes, line by line, with names for its values that are used again as soon as they are free."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from engine.backends.graph import Source
from engine.formats.pytorch.calls import identifier
from engine.formats.pytorch.tree import Item, Leaf, Loop, Scope, Visit
from engine.layers.base import Shape

PASSING = ("x", "y", "z")
"""Names of values that are used once, in the next line."""


@dataclass(frozen=True)
class Body:
    """The lines of a method `forward`, a comment for each, and where the modules are that they call."""

    arguments: tuple[str, ...]
    lines: tuple[str, ...]
    shapes: tuple[str, ...]
    gives: int
    is_split: bool
    members: Mapping[Item, tuple[str, ...]]
    """For everything that has a module of its own the attribute, and its place in it where that is a list."""
    aliases: Mapping[Item, Item]
    """What is the module of something before it, used again."""
    lists: frozenset[str]
    shared: frozenset[Item]

    def is_shared(self, loop: Item) -> bool:
        """Whether all instances of a loop are one module."""
        return loop in self.shared


def body_of(scope: Scope, lasting: tuple[Source, ...] = ()) -> Body:
    """The body of a scope; `lasting` are the outputs when it is not training, where these are fewer."""
    return _Writing(scope, lasting).body()


def shares(site_weights: Mapping[str, str], name: str) -> bool:
    """Whether all weights are those of the node `name`."""
    return bool(site_weights) and all(full == f"{name}/{weight}" for weight, full in site_weights.items())


@dataclass
class _Writing:
    scope: Scope
    lasting: tuple[Source, ...]
    names: dict[Source, str] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    shapes: list[str] = field(default_factory=list)

    def body(self) -> Body:
        items = self.scope.items
        self.aliases = dict(_aliases(items))
        self.shared = frozenset(it for it in items if isinstance(it, Loop) and _is_one(it))
        self.members, self.lists = self._places()
        self.last = self._last_uses()
        self.own = self._own_names()
        self.names |= {source: self.own[source] for source in self.scope.entering}
        for place, item in enumerate(items):
            if self.lasting and item is self.scope.only_training:
                self._line("if not self.training:")
                self._line(f"    return {self._values(self.lasting)}")
            self._write(place, item)
        self._line(f"return {self._values(self.scope.outputs)}")
        return Body(
            tuple(self.own[source] for source in self.scope.entering),
            tuple(self.lines),
            tuple(self.shapes),
            len(self.scope.outputs),
            bool(self.lasting),
            self.members,
            self.aliases,
            self.lists,
            self.shared,
        )

    def _places(self) -> tuple[dict[Item, tuple[str, ...]], frozenset[str]]:
        """The attributes of what has a module of its own."""
        found: dict[Item, tuple[str, ...]] = {}
        attributes: dict[str, str] = {}
        lists = set()
        for item in self.scope.items:
            if item in self.aliases or (isinstance(item, Leaf) and item.step.made is None):
                continue
            if item.name not in attributes:
                attributes[item.name] = identifier(item.name, attributes.values())
            attribute = attributes[item.name]
            is_list = (isinstance(item, Loop) and item not in self.shared) or (
                isinstance(item, Visit) and item.index is not None
            )
            if is_list:
                lists.add(attribute)
            found[item] = (attribute, str(item.index)) if isinstance(item, Visit) and is_list else (attribute,)
        return found, frozenset(lists)

    def _last_uses(self) -> dict[Source, int]:
        end = len(self.scope.items)
        found = {source: place for place, item in enumerate(self.scope.items) for source in item.takes}
        return found | dict.fromkeys(self.scope.outputs, end)

    def _own_names(self) -> dict[Source, str]:
        """A name for every value, whether it is used or not."""
        found: dict[Source, str] = {}
        for source, name in self.scope.entering.items():
            found[source] = identifier(name, found.values())
        reserved = {*PASSING, *found.values()}
        for item in self.scope.items:
            for source in item.gives:
                many = len(item.gives) > 1
                name = identifier(f"{item.name}_{source[1]}" if many else item.name, {*reserved, *found.values()})
                found[source] = name
        return found

    def _write(self, place: int, item: Item) -> None:
        if isinstance(item, Loop):
            self._loop(place, item)
            return
        given = self._given(place, item.gives, keeping=())
        if isinstance(item, Leaf):
            values = [self.names[source] if source is not None else "" for source in item.site.sources]
            right = item.step.call.format(
                *values, it=self._called(item), batch=self.names[item.batch] if item.batch else ""
            )
        else:
            right = f"{self._called(item)}({self._values(item.takes)})"
        self.names.update(given)
        shape = " and ".join(written(_shape(item, source)) for source in item.gives)
        left = ", ".join(given[source] for source in item.gives)
        if left != right:
            self._line(f"{left} = {right}", shape)

    def _loop(self, place: int, item: Loop) -> None:
        carried = item.carried or ()
        staying = [source for source, to in zip(item.takes, carried, strict=True) if to is None]
        given = self._given(place, item.gives, keeping=tuple(self.names[source] for source in staying))
        begin = {to: self.names[source] for source, to in zip(item.takes, carried, strict=True) if to is not None}
        left = [given[source] for source in item.gives]
        right = [begin[to] for to in range(len(left))]
        if left != right:
            self._line(f"{', '.join(left)} = {', '.join(right)}")
        entering = (left[to] if to is not None else self.names[s] for s, to in zip(item.takes, carried, strict=True))
        call, over = f"layer({', '.join(entering)})", f"for layer in {self._called(item)}:"
        if item in self.shared:
            call = call.replace("layer", self._called(item), 1)
            over = f"for _ in range({len(item.scopes)}):"
        self._line(over)
        shape = " and ".join(written(_shape(item, source)) for source in item.gives)
        self._line(f"    {', '.join(left)} = {call}", shape)
        self.names.update(given)

    def _called(self, item: Item) -> str:
        path = self.members.get(self.aliases.get(item, item), ())
        return "self" + "".join(f"[{part}]" if part.isdigit() else f".{part}" for part in path)

    def _given(self, place: int, sources: tuple[Source, ...], keeping: tuple[str, ...]) -> dict[Source, str]:
        """Names for what is made at `place`: a free passing one where only the next line uses it, else its own."""
        held = {name for source, name in self.names.items() if self.last.get(source, -1) > place} | set(keeping)
        found: dict[Source, str] = {}
        for source in sources:
            is_passing = self.last.get(source, -1) == place + 1 and len(sources) == 1 and self._is_used_once(source)
            free = (name for name in PASSING if name not in held) if is_passing else iter(())
            found[source] = next(free, self.own[source] if source in self.last else "_")
        return found

    def _is_used_once(self, source: Source) -> bool:
        return sum(source in item.takes for item in self.scope.items) + (source in self.scope.outputs) == 1

    def _values(self, sources: tuple[Source, ...]) -> str:
        return ", ".join(self.names[source] for source in sources)

    def _line(self, line: str, shape: str = "") -> None:
        self.lines.append(line)
        self.shapes.append(shape)


def _shape(item: Item, source: Source) -> Shape:
    site = next(site for site in item.sites if site.name == source[0])
    return site.outputs[source[1]].shape


def written(shape: Shape) -> str:
    """The shape of a sample as a comment tells it, behind the batch's N."""
    return f"({', '.join(('N', *('*' if axis < 0 else str(axis) for axis in shape)))})"


def _aliases(items: tuple[Item, ...]) -> Iterator[tuple[Item, Item]]:
    """What has all of its weights from something before it, which is made alike."""
    for place, item in enumerate(items):
        owner = next((other for other in items[:place] if _is_alias(item, other)), None)
        if owner is not None:
            yield item, owner


def _is_alias(item: Item, other: Item) -> bool:
    if isinstance(item, Leaf) and isinstance(other, Leaf):
        return item.step.made == other.step.made and shares(item.site.weights, other.site.name)
    if isinstance(item, Visit) and isinstance(other, Visit):
        return _is_same(item.scope, other.scope)
    return False


def _is_one(loop: Loop) -> bool:
    return all(_is_same(scope, loop.scopes[0]) for scope in loop.scopes[1:])


def _is_same(scope: Scope, other: Scope) -> bool:
    """Whether an instance of a block is another one over again: the same in it, with the weights of that one."""
    if scope.title != other.title or len(scope.sites) != len(other.sites):
        return False
    pairs = list(zip(scope.sites, other.sites, strict=True))
    has_weights = any(site.weights for site, _ in pairs)
    return has_weights and all(
        a.layer == b.layer and a.inputs == b.inputs and (not a.weights or shares(a.weights, b.name)) for a, b in pairs
    )
