"""A network as it grows layer by layer: nodes, what flows from them, where each blob comes from, and the notes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from engine.errors import NetwrightError, ShapeError
from engine.formats.caffe.message import Message
from engine.formats.caffe.phases import BOTH, TEST, TRAIN, Phases
from engine.formats.imported import Fate, Note
from engine.layers.base import Layer, Shape, Signal
from engine.network import Network
from engine.node import Link, Node
from engine.training.recipe import Metric

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Blobs = Sequence[NDArray[Any]]
    Loader = Callable[[Blobs], Mapping[str, NDArray[Any]]]

SHOWN = 5
"""How many nodes a note names that is about many."""


@dataclass(frozen=True)
class Learned:
    """The blobs that a layer of the file learns: the node that has them as weights, and how they are called there."""

    node: str
    names: tuple[str, ...]
    fillers: tuple[Message | None, ...]
    """How they begin, as far as the file may say it; None where it does not."""
    load: Loader


@dataclass
class Building:
    """What has been made so far."""

    nodes: dict[str, Node] = field(default_factory=dict)
    signals: dict[Link, Signal] = field(default_factory=dict)
    blobs: dict[str, dict[str, Link]] = field(default_factory=lambda: {TRAIN: {}, TEST: {}})
    learned: dict[str, Learned] = field(default_factory=dict)
    """By the layer's name."""
    owners: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Node and weight that own what a `param` names."""
    metrics: list[Metric] = field(default_factory=list)
    batch: int = 0
    """How many samples the file's shapes have in them."""
    _notes: list[Note] = field(default_factory=list)
    _shared: dict[tuple[Fate, str, str], list[str]] = field(default_factory=lambda: defaultdict(list))

    def note(self, fate: Fate, part: str, text: str) -> None:
        """What became of one part."""
        self._notes.append(Note(fate, part, text))

    def note_of_many(self, fate: Fate, part: str, text: str, node: str) -> None:
        """The same of a part that many nodes have: told once, with the first of their names."""
        self._shared[fate, part, text].append(node)

    @property
    def notes(self) -> tuple[Note, ...]:
        """All that was noted."""
        shared = (Note(fate, part, f"{text} ({_named(nodes)})") for (fate, part, text), nodes in self._shared.items())
        return (*self._notes, *shared)

    @property
    def network(self) -> Network:
        """What has been made."""
        return Network(tuple(self.nodes.values()))

    def free(self, wanted: str) -> str:
        """A name that no node has, as near to the one that is wanted as names may be."""
        name = re.sub(r"[:=]|[^\x20-\U0010ffff]", "_", wanted).strip() or "layer"
        name = "".join(mark if mark.isprintable() else "_" for mark in name)
        if name in self.nodes:
            stem = f"{name}_"
            name = next(
                free for number in range(2, len(self.nodes) + 3) if (free := f"{stem}{number}") not in self.nodes
            )
        if name != wanted and wanted:
            self.note("approximated", wanted, f"is called {name} here")
        return name

    def signal(self, link: Link) -> Signal | None:
        """What flows along a wire; None where it is not known."""
        return self.signals.get(link)

    def add(self, node: Node) -> Link:
        """The node, and what leaves it as far as it can be told."""
        self.nodes[node.name] = node
        for place, signal in enumerate(self._leaving(node)):
            self.signals[Link(node.name, place)] = signal
        return Link(node.name)

    def change(self, name: str, layer: Layer) -> None:
        """Another layer in a node that is there."""
        self.add(replace(self.nodes[name], layer=layer))

    def _leaving(self, node: Node) -> tuple[Signal, ...]:
        known = [self.signal(link) for link in node.inputs]
        if any(signal is None for signal in known):
            return _guessed(node.layer)
        try:
            return node.layer.outputs(*known)
        except (ShapeError, IndexError, TypeError):
            return _guessed(node.layer)


def _guessed(layer: Layer) -> tuple[Signal, ...]:
    """What a layer gives whatever it is fed with."""
    units, filters, kernel = (getattr(layer, name, None) for name in ("units", "filters", "kernel"))
    if isinstance(filters, int) and isinstance(kernel, tuple):
        return (Signal((filters, *(-1 for _ in kernel))),)
    return (Signal((units,)),) if isinstance(units, int) else ()


def _named(nodes: list[str]) -> str:
    more = f" and {len(nodes) - SHOWN} more" if len(nodes) > SHOWN else ""
    return ", ".join(nodes[:SHOWN]) + more


class NoLayer(NetwrightError):
    """Something that no layer of the catalogue stands for, with the reason."""


@dataclass
class Site:
    """One layer of the file while its rule is at work."""

    building: Building
    message: Message
    name: str
    inputs: tuple[Link, ...]
    phases: Phases = BOTH
    gives: tuple[Link, ...] = ()

    @property
    def type(self) -> str:
        """Its type in the file."""
        return str(self.message.get("type"))

    @property
    def tops(self) -> list[str]:
        """The blobs that it makes."""
        return [str(top) for top in self.message.all("top")]

    def param(self, name: str) -> Message:
        """A message of its parameters; one without fields where it is not set."""
        found = self.message.get(name)
        return found if isinstance(found, Message) else Message("")

    def signal(self, place: int = 0) -> Signal | None:
        """What enters it."""
        return self.building.signal(self.inputs[place]) if place < len(self.inputs) else None

    def shape(self, place: int = 0) -> Shape | None:
        """The shape of what enters it, without the batch's axis; None where it is not known."""
        signal = self.signal(place)
        return signal.shape if signal else None

    def known(self, place: int = 0) -> Shape:
        """The shape of what enters it. Raises NoLayer where it is not known."""
        shape = self.shape(place)
        if shape is None or -1 in shape:
            raise NoLayer("the shape of its input is not known")
        return shape

    def axis(self, value: int, place: int = 0) -> int:
        """An axis of a blob as one of a sample. Raises NoLayer for the batch's."""
        shape = self.shape(place)
        if value == 0 or (shape is not None and value == -len(shape) - 1):
            raise NoLayer("it works along the axis of the samples")
        if value > 0:
            if shape is not None and value > len(shape):
                raise NoLayer(f"it works along axis {value}, which its input has not")
            return value - 1
        return value if shape is None else len(shape) + value

    def put(self, layer: Layer, *inputs: Link, suffix: str = "") -> Link:
        """A node for it, fed by `inputs` or by what feeds it; with a suffix one that helps."""
        name = self.building.free(self.name + suffix) if suffix else self.name
        return self.building.add(Node(name, inputs or self.inputs, layer, phase=self.phase))

    @property
    def phase(self) -> Any:
        """The phase of its nodes."""
        return "train" if self.phases == {TRAIN} else "always"

    def learns(
        self, link: Link, *names: str, fillers: tuple[Message | None, ...] = (), load: Loader | None = None
    ) -> None:
        """Says which weights of a node its blobs are, in their order."""
        load = load or (lambda blobs: dict(zip(names, blobs, strict=False)))
        self.building.learned.setdefault(str(self.message.get("name")), Learned(link.node, names, fillers, load))

    def approximated(self, text: str) -> None:
        """Notes what differs."""
        self.building.note("approximated", self.name, text)


Rule = Callable[[Site], Link | tuple[Link, ...]]

RULES: dict[str, Rule] = {}
"""What is done for each type of layer."""


def rule(*types: str) -> Callable[[Rule], Rule]:
    """Declares what is done for layers of these types."""

    def declare(function: Rule) -> Rule:
        RULES.update(dict.fromkeys(types, function))
        return function

    return declare
