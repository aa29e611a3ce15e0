"""A layered layout from top to bottom: rows by longest path, few crossings, straight chains.

The same network is always drawn the same.
After Sugiyama, Tagawa and Toda (1981); where a row's nodes stand after Brandes and Köpf (2001).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf

from canvas.crossings import uncross
from canvas.geometry import COLUMN, HEIGHT, ROW, WIDTH, input_ports, snapped
from canvas.rows import Rows
from canvas.straighten import straighten
from engine.drawing import Drawing, Place, Reroute
from engine.network import Network

GAP = COLUMN - WIDTH
SHELF = 6 * COLUMN
"""How wide the rows are in which unconnected parts stand side by side."""


@dataclass(frozen=True)
class Edge:
    """A wire by its ends' numbers; `place` is its place among the inputs of `end`, `share` where on top that is."""

    start: int
    end: int
    place: int
    share: float


def arrange(network: Network, names: Iterable[str] | None = None, left: float = 0.0, top: float = 0.0) -> Drawing:
    """Places (and points for long wires to pass) for all nodes, or the nodes `names`; the upper left is (left, top)."""
    chosen = network.by_name if names is None else {name: network[name] for name in names}
    nodes = [node for node in network.nodes if chosen.get(node.name) is node]
    numbers = {node.name: number for number, node in enumerate(nodes)}
    edges = _edges(network, numbers)
    places: list[Place] = []
    reroutes: list[Reroute] = []
    x, y, tallest = left, top, 0.0
    for part in _parts(len(nodes), edges):
        drawn = _draw(part, edges)
        if x > left and x + drawn.width > left + SHELF:
            x, y, tallest = left, y + tallest + ROW - HEIGHT, 0.0
        places += [Place(nodes[i].name, snapped(x + px), snapped(y + py)) for i, (px, py) in drawn.boxes.items()]
        reroutes += [
            Reroute(nodes[end].name, place, snapped(x + px), snapped(y + py))
            for (end, place), points in drawn.points.items()
            for px, py in points
        ]
        x += drawn.width + GAP
        tallest = max(tallest, drawn.height)
    return Drawing(places=tuple(sorted(places, key=lambda place: numbers[place.node])), reroutes=tuple(reroutes))


@dataclass(frozen=True)
class Drawn:
    """A connected part with its upper left at (0, 0)."""

    boxes: Mapping[int, tuple[float, float]]
    points: Mapping[tuple[int, int], list[tuple[float, float]]]
    width: float
    height: float


def _edges(network: Network, numbers: Mapping[str, int]) -> list[Edge]:
    edges = []
    for name, number in numbers.items():
        node = network[name]
        tops = {
            port.number: port.x / WIDTH - 0.5
            for port in input_ports(node.layer.SLOTS, tuple([w.slot for w in node.wires]))
        }
        for place, link in enumerate(node.inputs):
            start = numbers.get(link.node)
            if start is not None and start != number:
                edges.append(Edge(start, number, place, tops[place]))
    return edges


def _parts(count: int, edges: Iterable[Edge]) -> list[list[int]]:
    """The connected parts, each in the author's order, by their first node."""
    near: list[list[int]] = [[] for _ in range(count)]
    for edge in edges:
        near[edge.start].append(edge.end)
        near[edge.end].append(edge.start)
    part_of = [-1] * count
    parts: list[list[int]] = []
    for first in range(count):
        if part_of[first] >= 0:
            continue
        part_of[first] = len(parts)
        found, waiting = [first], [first]
        while waiting:
            for other in near[waiting.pop()]:
                if part_of[other] < 0:
                    part_of[other] = len(parts)
                    found.append(other)
                    waiting.append(other)
        parts.append(sorted(found))
    return parts


def _draw(part: list[int], all_edges: Iterable[Edge]) -> Drawn:
    local = {number: i for i, number in enumerate(part)}
    edges = [
        Edge(local[e.start], local[e.end], e.place, e.share) for e in all_edges if e.start in local and e.end in local
    ]
    rows = _rows(len(part), edges)
    uncross(rows)
    centres = straighten(rows)
    left = min(centres[i] - rows.width(i) / 2 for i in range(len(centres)))
    right = max(centres[i] + rows.width(i) / 2 for i in range(len(centres)))
    row_of = {number: row for row, numbers in enumerate(rows.rows) for number in numbers}
    boxes = {part[i]: (centres[i] - left - WIDTH / 2, row_of[i] * ROW) for i in range(len(part))}
    points = {
        (part[end], place): _bends(
            centres[start] - left, [(centres[lane] - left, row_of[lane] * ROW) for lane in lanes]
        )
        for (start, end, place), lanes in rows.lanes.items()
    }
    return Drawn(boxes, points, right - left, len(rows.rows) * ROW - (ROW - HEIGHT))


def _bends(start: float, lanes: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The points that a wire from above at `start` through `lanes` passes: where straight stretches begin and end."""
    points = []
    for (before, _), (x, y), (after, _) in zip([(start, 0.0), *lanes], lanes, [*lanes[1:], (inf, 0.0)], strict=False):
        if snapped(before) != snapped(x):
            points.append((x, y))
        if after == inf or snapped(after) != snapped(x):
            points.append((x, y + HEIGHT))
    return points


def _rows(count: int, edges: list[Edge]) -> Rows:
    """The nodes in rows, each below all that feed it, with lanes where wires pass a row."""
    forward = _without_circles(count, edges)
    row_of = _rank(count, forward)
    rows: list[list[int]] = [[] for _ in range(max(row_of) + 1)]
    for number, row in enumerate(row_of):
        rows[row].append(number)
    made = Rows(count, rows, [[] for _ in range(count)], [[] for _ in range(count)])
    shared: dict[tuple[int, int], int] = {}
    for edge in forward:
        lanes: list[int] = []
        above = edge.start
        for row in range(row_of[edge.start] + 1, row_of[edge.end]):
            lane = shared.get((edge.start, row))
            if lane is None:
                lane = shared[edge.start, row] = len(made.above)
                rows[row].append(lane)
                made.above.append([above])
                made.below.append([])
                made.below[above].append(lane)
            lanes.append(lane)
            above = lane
        made.above[edge.end].append(above)
        made.below[above].append(edge.end)
        made.pull[above, edge.end] = edge.share
        if lanes:
            made.lanes[edge.start, edge.end, edge.place] = lanes
    return made


def _without_circles(count: int, edges: list[Edge]) -> list[Edge]:
    """The edges without those that lead back to where a walk along them came from."""
    leaving: list[list[int]] = [[] for _ in range(count)]
    for edge in edges:
        leaving[edge.start].append(edge.end)
    state = [0] * count  # 1: on the walk, 2: done
    back: set[tuple[int, int]] = set()
    for first in range(count):
        walk = [(first, iter(leaving[first]))] if not state[first] else []
        state[first] = state[first] or 1
        while walk:
            number, onward = walk[-1]
            for other in onward:
                if state[other] == 1:
                    back.add((number, other))
                elif not state[other]:
                    state[other] = 1
                    walk.append((other, iter(leaving[other])))
                    break
            else:
                state[number] = 2
                walk.pop()
    return [edge for edge in edges if (edge.start, edge.end) not in back] if back else edges


def _rank(count: int, edges: list[Edge]) -> list[int]:
    """The row of each node: one below the lowest that feeds it; side chains from a source hang above their user."""
    above: list[list[int]] = [[] for _ in range(count)]
    below: list[list[int]] = [[] for _ in range(count)]
    for edge in edges:
        above[edge.end].append(edge.start)
        below[edge.start].append(edge.end)
    waiting = [len(feeders) for feeders in above]
    ready = [number for number in range(count) if not waiting[number]]
    rows = [0] * count
    for number in ready:
        for user in below[number]:
            rows[user] = max(rows[user], rows[number] + 1)
            waiting[user] -= 1
            if not waiting[user]:
                ready.append(user)
    hangs = [False] * count
    for number in ready:
        hangs[number] = all(hangs[feeder] and len(below[feeder]) == 1 for feeder in above[number])
    for number in reversed(ready):
        if hangs[number] and below[number]:
            rows[number] = min(rows[user] for user in below[number]) - 1
    top = min(rows, default=0)
    return [row - top for row in rows]
