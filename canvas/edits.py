"""What hands do to a drawing, as functions from model to model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from PySide6.QtCore import QPointF

from canvas.arrange import arrange
from canvas.geometry import ROW, WIDTH, snapped
from canvas.picture import WireKey
from engine.blocks import Use
from engine.declare import name_of
from engine.drawing import Drawing, Place, Reroute
from engine.layers.base import Layer
from engine.model import Model
from engine.network import Network
from engine.node import Link, Node, State

STEMS = {"convolution": "conv", "pooling": "pool", "normalization": "norm", "loss": "loss"}
"""What nodes of a family are called; others take the last word of their layer's name."""
SINGLE = ("data", "loss")
"""Families of which the first node needs no number."""


def name_for(network: Network, layer: Layer) -> str:
    """A free name for a node with `layer`: conv1, conv2, …"""
    stem = STEMS.get(layer.FAMILY) or name_of(layer).rsplit("_", 1)[-1]
    return network.free_name(stem if layer.FAMILY in SINGLE else f"{stem}1")


def add(model: Model, layer: Layer, x: float, y: float) -> tuple[Model, str]:
    """With a new node at (x, y), and its name."""
    name = name_for(model.network, layer)
    added = replace(model, network=model.network.add(Node(name, (), layer)))
    return _draw(added, places=(*model.drawing.places, Place(name, x, y))), name


def connect(model: Model, link: Link, name: str) -> Model:
    """With a wire into the slot `link` names of the node `name`."""
    return _rewired(model, model.network.connect(link, name))


def disconnect(model: Model, keys: Iterable[WireKey]) -> Model:
    """Without these wires."""
    network = model.network
    for name, place in sorted(keys, reverse=True):
        network = network.disconnect(network[name].wires[place], name)
    return _rewired(model, network)


def reconnect(model: Model, key: WireKey, name: str, slot: str) -> Model:
    """With the wire `key` led into another slot, perhaps of another node."""
    wire = model.network[key[0]].wires[key[1]]
    network = model.network.disconnect(wire, key[0])
    return _rewired(model, network.connect(replace(wire, slot=slot), name))


def remove(model: Model, names: Iterable[str]) -> Model:
    """Without the nodes `names` and their wires."""
    return _rewired(model, model.network.remove(names))


def heal(model: Model, names: Iterable[str]) -> Model:
    """Without the nodes `names`; what they fed is fed by their first inputs instead."""
    gone = frozenset(names)
    network = model.network
    nodes = tuple(_healed(node, network, gone) for node in network.nodes if node.name not in gone)
    return _rewired(model, replace(network, nodes=nodes))


def insert(model: Model, key: WireKey, name: str) -> Model:
    """With the node `name` put into the wire `key`, by its first input and output; what is below makes room."""
    target, place = key
    wire = model.network[target].wires[place]
    network = model.network
    slots = network[name].layer.SLOTS
    if slots:
        network = network.connect(replace(wire, slot=slots[0].name), name)
    inserted = _rewired(model, network.change(target, lambda node: _replaced(node, place, Link(name, 0, wire.slot))))
    return _make_room(inserted, wire.node, name, target)


def can_insert(model: Model, key: WireKey, name: str) -> bool:
    """Whether the node `name` stands alone, has both ends, and so can be put into a wire."""
    node = model.network[name]
    alone = not node.inputs and not model.network.users.get(name)
    return alone and key[0] != name and bool(node.layer.SLOTS) and node.layer.FAMILY != "loss"


def move(model: Model, where: Mapping[str, tuple[float, float]]) -> Model:
    """With nodes at other places; points that wires between moved nodes pass come along."""
    before = {place.node: place for place in model.drawing.places}
    shifts = {name: (x - before[name].x, y - before[name].y) for name, (x, y) in where.items() if name in before}
    places = tuple(
        replace(place, x=where[place.node][0], y=where[place.node][1]) if place.node in where else place
        for place in model.drawing.places
    )
    reroutes = tuple(_carried(model.network, point, shifts) for point in model.drawing.reroutes)
    return _draw(model, places=places, reroutes=reroutes)


def set_state(model: Model, names: Iterable[str], state: State) -> Model:
    """With these nodes active, muted or bypassed."""
    chosen = frozenset(names)
    nodes = tuple(replace(n, state=state) if n.name in chosen and n.state != state else n for n in model.network.nodes)
    return replace(model, network=replace(model.network, nodes=nodes))


def collapse(model: Model, names: Iterable[str], collapsed: bool) -> Model:
    """With the boxes of these nodes low, or whole again."""
    chosen = frozenset(names)
    places = tuple(replace(p, collapsed=collapsed) if p.node in chosen else p for p in model.drawing.places)
    return _draw(model, places=places)


def pin(model: Model, names: Iterable[str], pinned: bool) -> Model:
    """With these nodes kept in place, or not any more."""
    chosen = frozenset(names)
    return _draw(
        model, places=tuple(replace(p, pinned=pinned) if p.node in chosen else p for p in model.drawing.places)
    )


def fragment(model: Model, names: Iterable[str], incoming: bool = False) -> Model:
    """The nodes `names` alone with the wires between them, `incoming` also with those from outside, and places."""
    chosen = frozenset(names)
    nodes = tuple(_inner(node, chosen) if not incoming else node for node in model.network.nodes if node.name in chosen)
    uses_blocks = any(isinstance(node.layer, Use) for node in nodes)
    return Model(
        name=model.name,
        network=Network(nodes, model.network.blocks if uses_blocks else ()),
        drawing=Drawing(
            places=tuple(place for place in model.drawing.places if place.node in chosen),
            reroutes=tuple(p for p in model.drawing.reroutes if p.node in chosen) if incoming else (),
        ),
    )


def paste(model: Model, piece: Model, shift: tuple[float, float]) -> tuple[Model, tuple[str, ...]]:
    """With the nodes of `piece` moved by `shift`, under free names; wires to nodes that are nowhere fall away."""
    network = model.network
    names: dict[str, str] = {}
    for node in piece.network.nodes:
        names[node.name] = network.free_name(node.name)
        network = network.add(replace(node, name=names[node.name]))
    known = {block.name for block in network.blocks}
    network = replace(network, blocks=(*network.blocks, *(b for b in piece.network.blocks if b.name not in known)))
    pasted = frozenset(names.values())
    network = replace(
        network, nodes=tuple(_pasted(n, names, network) if n.name in pasted else n for n in network.nodes)
    )
    dx, dy = shift
    places = tuple(
        replace(place, node=names[place.node], x=place.x + dx, y=place.y + dy)
        for place in piece.drawing.places
        if place.node in names
    )
    return _draw(replace(model, network=network), places=(*model.drawing.places, *places)), tuple(names.values())


def arranged(model: Model, names: Iterable[str] | None = None) -> Model:
    """With all nodes (or `names`, which stay where their upper left is) laid out in layers; pinned ones stay."""
    pinned = {place.node for place in model.drawing.places if place.pinned}
    chosen = frozenset(model.network.by_name if names is None else names) - pinned
    here = [place for place in model.drawing.places if place.node in chosen]
    left = min((place.x for place in here), default=0.0)
    top = min((place.y for place in here), default=0.0)
    made = arrange(model.network, chosen, left, top)
    before = {place.node: place for place in here}
    places = {p.node: replace(before.get(p.node, p), x=p.x, y=p.y) for p in made.places}
    kept = tuple(place for place in model.drawing.places if place.node not in places)
    reroutes = tuple(point for point in model.drawing.reroutes if point.node not in chosen)
    return _draw(model, places=(*kept, *places.values()), reroutes=(*reroutes, *made.reroutes))


def bend(model: Model, key: WireKey, points: Iterable[tuple[float, float]]) -> Model:
    """With the wire `key` passing exactly `points`."""
    others = tuple(point for point in model.drawing.reroutes if (point.node, point.input) != key)
    return _draw(model, reroutes=(*others, *(Reroute(key[0], key[1], x, y) for x, y in points)))


def add_point(model: Model, key: WireKey, points: tuple[QPointF, ...], at: QPointF) -> Model:
    """With the wire `key`, which passes `points`, passing `at` as well, in the order from top to bottom."""
    passed = [(point.x(), point.y()) for point in points]
    place = next((i for i, (_, y) in enumerate(passed) if y > at.y()), len(passed))
    passed.insert(place, (snapped(at.x()), snapped(at.y())))
    return bend(model, key, passed)


def _make_room(model: Model, above: str, name: str, below: str) -> Model:
    """With `name` in line between its new neighbours, and all from `below` on moved down if that is too close."""
    places = {place.node: place for place in model.drawing.places}
    if not {above, name, below} <= places.keys() or places[above].y >= places[below].y:
        return model
    upper, own, lower = places[above], places[name], places[below]
    x = upper.x if upper.x == lower.x and abs(own.x - upper.x) < WIDTH else own.x
    y = max(own.y, upper.y + ROW)
    gap = max(0.0, y + ROW - lower.y)
    moved = {n: (p.x, p.y + gap) for n, p in places.items() if p.y >= lower.y and n != name} if gap else {}
    return move(model, {**moved, name: (x, y)})


def _draw(model: Model, **changes: object) -> Model:
    return replace(model, drawing=replace(model.drawing, **changes))  # type: ignore[arg-type]


def _rewired(model: Model, network: Network) -> Model:
    """With another network; what the drawing says of nodes and wires that are gone goes too."""
    drawing = model.drawing
    places = tuple(place for place in drawing.places if place.node in network)
    probes = tuple(
        probe for probe in drawing.probes if probe.at.rpartition(":" if ":" in probe.at else "/")[0] in network
    )
    reroutes = tuple(kept for point in drawing.reroutes if (kept := _rerouted(point, model.network, network)))
    return replace(model, network=network, drawing=replace(drawing, places=places, probes=probes, reroutes=reroutes))


def _rerouted(point: Reroute, before: Network, after: Network) -> Reroute | None:
    if point.node not in after or point.node not in before:
        return None
    old, new = before[point.node], after[point.node]
    if old is new:
        return point
    wire = old.wires[point.input] if point.input < len(old.wires) else None
    if wire is None or wire not in new.wires:
        return None
    return replace(point, input=new.wires.index(wire))


def _carried(network: Network, point: Reroute, shifts: Mapping[str, tuple[float, float]]) -> Reroute:
    inputs = network[point.node].inputs if point.node in network else ()
    source = inputs[point.input].node if point.input < len(inputs) else ""
    if point.node not in shifts or source not in shifts:
        return point
    dx, dy = shifts[point.node]
    return replace(point, x=point.x + dx, y=point.y + dy)


def _healed(node: Node, network: Network, gone: frozenset[str]) -> Node:
    if not any(link.node in gone for link in node.inputs):
        return node
    wires = []
    for wire in node.wires:
        link: Link | None = wire
        seen: set[str] = set()
        while link is not None and link.node in gone and link.node not in seen:
            seen.add(link.node)
            feeding = network[link.node].inputs
            link = feeding[0] if feeding else None
        if link is not None and link.node not in gone:
            wires.append(replace(link, slot=wire.slot))
    return node.wired(tuple(wires))


def _replaced(node: Node, place: int, wire: Link) -> Node:
    wires = list(node.wires)
    wires[place] = wire
    return node.wired(tuple(wires))


def _inner(node: Node, chosen: frozenset[str]) -> Node:
    kept = tuple(wire for wire in node.wires if wire.node in chosen)
    return node if len(kept) == len(node.inputs) else node.wired(kept)


def _pasted(node: Node, names: Mapping[str, str], network: Network) -> Node:
    wires = tuple(replace(wire, node=names.get(wire.node, wire.node)) for wire in node.wires)
    node = replace(node, weight=tuple(replace(w, same_as=names.get(w.same_as, w.same_as)) for w in node.weight))
    return node.wired(tuple(wire for wire in wires if wire.node in network))
