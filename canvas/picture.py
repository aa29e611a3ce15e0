"""What is on the canvas: a box for every node and a wire for every link, kept up to date by comparing values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from itertools import accumulate

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPath

from canvas.cells import Cells
from canvas.geometry import FOLDED, HEIGHT, WIDTH, Port, input_ports, output_ports, wire_path
from canvas.placing import settled
from engine.drawing import Drawing, Place
from engine.errors import Problem
from engine.layers.base import Signal
from engine.model import Model
from engine.network import Network
from engine.node import Link, Node
from engine.report import NodeReport, Report

NOTHING = NodeReport()
SIDE, ABOVE, BELOW = 64.0, 12.0, 24.0
"""How far beyond its edges what belongs to a box may reach."""

Blocks = dict[tuple[str, bool], list[QRectF]]

WireKey = tuple[str, int]
"""A wire by the node it enters and its place among that node's inputs."""


class Box:
    """A node as it stands on the canvas; its texts are measured when they are first painted."""

    __slots__ = (
        "indices",
        "inputs",
        "lefts",
        "name",
        "node",
        "outputs",
        "ports",
        "problems",
        "report",
        "spot",
        "texts",
    )

    def __init__(self, node: Node, report: NodeReport, problems: tuple[Problem, ...], spot: Place, ends: int) -> None:
        self.name = node.name
        self.node = node
        self.report = report
        self.problems = problems
        self.spot = spot
        self.inputs = input_ports(node.layer.SLOTS, tuple([wire.slot for wire in node.wires]))
        self.outputs = output_ports(_outputs(node, report, ends))
        self.ports = (*self.inputs, *self.outputs)
        self.indices = _indices(node, report, self.ports)
        self.texts: object = None
        self.lefts: tuple[bool, ...] | None = None

    def is_of(self, node: Node, report: NodeReport, problems: tuple[Problem, ...], spot: Place, ends: int) -> bool:
        """Whether it already shows these."""
        return (
            self.node is node
            and self.spot == spot
            and (self.report is report or self.report == report)
            and self.problems == problems
            and len(self.outputs) == _outputs(node, report, ends)
        )

    @property
    def height(self) -> float:
        """Lower when it is collapsed."""
        return FOLDED if self.spot.collapsed else HEIGHT

    @property
    def rect(self) -> QRectF:
        """The box itself."""
        return QRectF(self.spot.x, self.spot.y, WIDTH, self.height)

    @property
    def reach(self) -> QRectF:
        """The box with its ports, its ring, its badge and the shapes that leave it."""
        return self.rect.adjusted(-SIDE, -ABOVE, SIDE, BELOW)

    def at(self, port: Port) -> QPointF:
        """Where a port is."""
        return QPointF(self.spot.x + port.x, self.spot.y + (0 if port.side == "in" else self.height))

    def output(self, index: int) -> Signal | None:
        """What leaves the output `index`, where that is known."""
        return self.report.outputs[index] if index < len(self.report.outputs) else None


class Wire:
    """A link as it runs over the canvas; its curve is made when it is first painted."""

    def __init__(self, key: WireKey, link: Link, source: Box, target: Box, points: tuple[QPointF, ...]) -> None:
        self.key = key
        self.link = link
        self.source = source
        self.target = target
        self.points = points
        self.is_idle = source.node.state == "muted" or target.node.state == "muted"
        self.start = source.at(source.outputs[link.output])
        self.end = target.at(next(port for port in target.inputs if port.number == key[1]))

    @cached_property
    def path(self) -> QPainterPath:
        """Its curve."""
        return wire_path(self.start, self.points, self.end)

    @property
    def reach(self) -> QRectF:
        """All that it may cover; a wire that leads upwards swings out at both ends."""
        ends = (self.start, self.end, *self.points)
        xs, ys = [end.x() for end in ends], [end.y() for end in ends]
        swing = 8.0 if self.start.y() <= self.end.y() and not self.points else 96.0
        return QRectF(min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)).adjusted(-8, -swing, 8, swing)

    @property
    def signal(self) -> Signal | None:
        """What flows along it, where that is known."""
        return self.source.output(self.link.output)

    @property
    def turn(self) -> float:
        """Where it leaves to: left of its port (below 0), right of it, or straight down."""
        return (self.points[0] if self.points else self.end).x() - self.start.x()


class Picture:
    """Boxes and wires by name and key, with what is near a region at hand."""

    def __init__(self) -> None:
        self.boxes: dict[str, Box] = {}
        self.wires: dict[WireKey, Wire] = {}
        self.drawing = Drawing()
        """The drawing with a place for every node."""
        self.version = 0
        self._blocks: Blocks = {}
        self._blocks_version = -1
        self._box_cells: Cells[str] = Cells()
        self._wire_cells: Cells[WireKey] = Cells()
        self._leaving: dict[str, set[WireKey]] = {}
        self._points: dict[WireKey, tuple[QPointF, ...]] = {}
        self._network = Network()

    def update(self, model: Model, report: Report) -> list[QRectF]:
        """Become the picture of `model`; the regions that look different now."""
        nodes = model.network.by_name
        dirty = [self._drop_box(name) for name in self.boxes.keys() - nodes.keys()]
        ends = _ends(nodes.values())
        stale = self._settle(model)
        where = {place.node: place for place in self.drawing.places}
        new = nodes.keys() - self.boxes.keys()
        for node in model.network.nodes:
            name = node.name
            if nodes[name] is not node:
                continue  # a second node of that name is a problem, not a box
            told = (node, report.nodes.get(name, NOTHING), report.problems_of.get(name, ()), where[name])
            box = self.boxes.get(name)
            if box is None or not box.is_of(*told, ends.get(name, 0)):
                if box is not None:
                    dirty.append(box.reach)
                dirty.append(self._put_box(Box(*told, ends.get(name, 0))))
                stale.add(name)
        if 0 < len(new) < len(nodes):
            stale.update(user for name in new for user in model.network.users[name])
        dirty += self._rewire(stale)
        self.version += bool(dirty)
        return dirty

    def shift(self, names: Iterable[str], dx: float, dy: float) -> list[QRectF]:
        """Show the boxes `names` moved by (dx, dy) from where they are; `update` puts them where they belong."""
        dirty = []
        moved = set(names) & self.boxes.keys()
        for name in moved:
            box = self.boxes[name]
            dirty.append(box.reach)
            box.spot = replace(box.spot, x=box.spot.x + dx, y=box.spot.y + dy)
            dirty.append(self._put_box(box))
        self.version += 1
        return dirty + self._rewire(moved)

    def boxes_near(self, rect: QRectF) -> Iterator[Box]:
        """The boxes that may touch `rect`, in the order in which they are stacked."""
        near = [self.boxes[name] for name in self._box_cells.near(rect)]
        left, right, top, bottom = rect.left(), rect.right(), rect.top(), rect.bottom()
        return (
            box
            for box in near
            if left < (x := box.spot.x) + WIDTH + SIDE
            and x - SIDE < right
            and top < (y := box.spot.y) + HEIGHT + BELOW
            and y - ABOVE < bottom
        )

    def wires_near(self, rect: QRectF) -> Iterator[Wire]:
        """The wires that may touch `rect`."""
        return (self.wires[key] for key in self._wire_cells.near(rect))

    def wires_of(self, name: str) -> Iterator[Wire]:
        """The wires into and out of a box."""
        keys = {(name, place) for place in range(len(self.boxes[name].node.inputs))} | self._leaving.get(name, set())
        return (self.wires[key] for key in keys if key in self.wires)

    def lefts(self, box: Box) -> tuple[bool, ...]:
        """For each output of a box, whether its shape stands left of it, because its wires turn right."""
        if box.lefts is None:
            turns: list[list[float]] = [[] for _ in box.outputs]
            for key in self._leaving.get(box.name, ()):
                wire = self.wires[key]
                turns[wire.link.output].append(wire.turn)
            rights = (max(away, default=0) > 0 and min(away) >= 0 for away in turns)
            # Of several outputs, a shape stands left only while those before do: two would share the room between.
            box.lefts = tuple(accumulate(rights, lambda before, turns_right: before and turns_right))
        return box.lefts

    def blocks(self) -> Blocks:
        """All boxes as rectangles by family and by whether they are active."""
        if self._blocks_version != self.version:
            self._blocks_version = self.version
            self._blocks = {}
            for box in self.boxes.values():
                kind = (box.node.layer.FAMILY, box.node.state == "active")
                self._blocks.setdefault(kind, []).append(box.rect)
        return self._blocks

    def troubled(self) -> list[Box]:
        """The boxes with errors."""
        return [box for box in self.boxes.values() if box.problems and any(p.severity == "error" for p in box.problems)]

    def bounds(self, names: Iterable[str] | None = None) -> QRectF:
        """The rectangle around the boxes `names`, or all."""
        chosen = self.boxes.values() if names is None else [self.boxes[n] for n in names if n in self.boxes]
        if not chosen:
            return QRectF()
        left = min(box.spot.x for box in chosen)
        top = min(box.spot.y for box in chosen)
        right = max(box.spot.x for box in chosen) + WIDTH
        bottom = max(box.spot.y + box.height for box in chosen)
        return QRectF(left, top, right - left, bottom - top)

    def places(self) -> dict[str, Place]:
        """Where every box stands."""
        return {name: box.spot for name, box in self.boxes.items()}

    def _settle(self, model: Model) -> set[str]:
        """Find a place for everything; the nodes whose wires pass other points now."""
        drawing = settled(model.network, model.drawing, self.drawing, self._network)
        self._network = model.network
        if drawing is self.drawing:
            return set()
        self.drawing = drawing
        before, self._points = self._points, {}
        for point in drawing.reroutes:
            key = (point.node, point.input)
            self._points[key] = (*self._points.get(key, ()), QPointF(point.x, point.y))
        keys = before.keys() | self._points.keys()
        return {key[0] for key in keys if before.get(key) != self._points.get(key)}

    def _put_box(self, box: Box) -> QRectF:
        self.boxes[box.name] = box
        self._box_cells.put(box.name, box.reach)
        return box.reach

    def _drop_box(self, name: str) -> QRectF:
        rect = self.boxes[name].reach
        for wire in [*self.wires_of(name)]:
            rect = rect.united(self._drop_wire(wire))
        del self.boxes[name]
        self._box_cells.drop(name)
        return rect

    def _rewire(self, names: set[str]) -> list[QRectF]:
        """Make the wires into and out of `names` anew."""
        dirty, targets = [], set(names)
        for name in names:
            targets.update(key[0] for key in self._leaving.get(name, ()))
        for name in targets:
            dirty += self._rewire_into(name, names)
        return dirty

    def _rewire_into(self, name: str, changed: set[str]) -> list[QRectF]:
        box = self.boxes.get(name)
        if box is None:
            return []
        dirty = []
        links = box.node.inputs
        for place, link in enumerate(links):
            source = self.boxes.get(link.node)
            known = self.wires.get((name, place))
            if name not in changed and link.node not in changed:
                continue
            if known is not None:
                dirty.append(self._drop_wire(known))
            if source is not None and link.output < len(source.outputs):
                dirty.append(
                    self._put_wire(Wire((name, place), link, source, box, self._points.get((name, place), ())))
                )
        place = len(links)
        while (known := self.wires.get((name, place))) is not None:
            dirty.append(self._drop_wire(known))
            place += 1
        return dirty

    def _put_wire(self, wire: Wire) -> QRectF:
        self.wires[wire.key] = wire
        self._leaving.setdefault(wire.source.name, set()).add(wire.key)
        wire.source.lefts = None
        rect = wire.reach
        self._wire_cells.put(wire.key, rect)
        return rect

    def _drop_wire(self, wire: Wire) -> QRectF:
        del self.wires[wire.key]
        self._leaving[wire.source.name].discard(wire.key)
        wire.source.lefts = None
        self._wire_cells.drop(wire.key)
        return wire.reach


def _outputs(node: Node, report: NodeReport, ends: int) -> int:
    """How many outputs a box shows; a loss has none to draw from."""
    if node.layer.FAMILY == "loss" and not ends:
        return 0
    return max(len(report.outputs), ends, 1)


def _ends(nodes: Iterable[Node]) -> dict[str, int]:
    """How many outputs of each node are in use, counted up to the last."""
    ends: dict[str, int] = {}
    for node in nodes:
        for link in node.inputs:
            ends[link.node] = max(ends.get(link.node, 0), link.output + 1)
    return ends


def _indices(node: Node, report: NodeReport, ports: tuple[Port, ...]) -> tuple[bool, ...]:
    """Of each port, whether indices flow there and not numbers."""
    wanted = {slot.name: slot.values == "index" for slot in node.layer.SLOTS}
    given = [signal.values == "index" for signal in report.outputs]
    return tuple(
        [
            wanted.get(port.slot, False) if port.side == "in" else port.number < len(given) and given[port.number]
            for port in ports
        ]
    )
