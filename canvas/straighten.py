"""Where the nodes of a layered drawing stand from left to right, so that chains and long wires are straight.

Brandes and Köpf, Fast and Simple Horizontal Coordinate Assignment (2001): four extreme drawings, then their middle.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from canvas.rows import Rows

Conflicts = set[tuple[int, int]]


def straighten(rows: Rows) -> list[float]:
    """The x of every number's middle."""
    crossed, near = _conflicts(rows), Near(rows)
    drawings = [
        _drawing(rows, near, crossed, downwards=downwards, leftwards=leftwards)
        for downwards in (True, False)
        for leftwards in (True, False)
    ]
    return _balanced(rows, drawings)


class Near:
    """For each number those above and below that it may stand exactly under or over.

    Where several compete, a chain of nodes goes before a source that joins it (a target, say), and that before a single
    long wire that passes by.
    """

    def __init__(self, rows: Rows) -> None:
        wires = [(upper, lower) for lower, feeders in enumerate(rows.above) for upper in feeders]
        weights = {wire: _weight(rows, *wire) for wire in wires}
        below = _greatest((upper, weight) for (upper, _), weight in weights.items())
        above = _greatest((lower, weight) for (_, lower), weight in weights.items())
        self.above: list[list[int]] = [[] for _ in rows.above]
        self.below: list[list[int]] = [[] for _ in rows.below]
        for upper, lower in wires:
            if weights[upper, lower] == below[upper] == above[lower]:
                self.above[lower].append(upper)
                self.below[upper].append(lower)


def _weight(rows: Rows, upper: int, lower: int) -> int:
    if rows.is_lane(upper) or rows.is_lane(lower):
        beside = rows.above[lower] if rows.is_lane(upper) else rows.below[upper]
        return 2 if sum(map(rows.is_lane, beside)) > 1 else 0
    return 2 if rows.above[upper] else 1


def _greatest(pairs: Iterable[tuple[int, int]]) -> dict[int, int]:
    greatest: dict[int, int] = {}
    for number, weight in pairs:
        greatest[number] = max(greatest.get(number, 0), weight)
    return greatest


def _conflicts(rows: Rows) -> Conflicts:
    """The wires that cross a straight stretch of a long one: they give way to it (Brandes and Köpf, type 1)."""
    places = rows.places()
    found: Conflicts = set()
    for upper, lower in pairwise(rows.rows):
        if not any(map(rows.is_lane, lower)):
            continue
        first = scanned = 0
        for place, number in enumerate(lower):
            inner = _lane_above(rows, number)
            if inner is None and place < len(lower) - 1:
                continue
            last = places[inner] if inner is not None else len(upper) - 1
            for crossing in lower[scanned : place + 1]:
                for other in rows.above[crossing]:
                    outside = not first <= places[other] <= last
                    if outside and not (rows.is_lane(other) and rows.is_lane(crossing)):
                        found.add((other, crossing))
            scanned, first = place + 1, last
    return found


def _lane_above(rows: Rows, number: int) -> int | None:
    above = rows.above[number]
    return above[0] if rows.is_lane(number) and rows.is_lane(above[0]) else None


def _drawing(rows: Rows, near: Near, crossed: Conflicts, *, downwards: bool, leftwards: bool) -> list[float]:
    """One of the four extreme drawings."""
    ordered = [row if leftwards else row[::-1] for row in (rows.rows if downwards else rows.rows[::-1])]
    roots = _aligned(near.above if downwards else near.below, ordered, crossed, downwards)
    xs = _compacted(rows, ordered, roots)
    return [xs[root] if leftwards else -xs[root] for root in roots]


def _aligned(near: list[list[int]], ordered: list[list[int]], crossed: Conflicts, downwards: bool) -> list[int]:
    """For each number the root of the block of numbers that stand exactly one below the other."""
    places = [0] * len(near)
    for row in ordered:
        for place, number in enumerate(row):
            places[number] = place
    roots = list(range(len(places)))
    taken = [False] * len(places)
    for row in ordered:
        bound = -1
        for number in row:
            for other in _medians(near[number], places):
                pair = (other, number) if downwards else (number, other)
                if places[other] > bound and not taken[other] and pair not in crossed:
                    roots[number] = roots[other]
                    taken[other] = True
                    bound = places[other]
                    break
    return roots


def _medians(near: list[int], places: list[int]) -> list[int]:
    """The one or two in the middle."""
    if len(near) < 2:
        return near
    middle = (len(near) - 1) // 2
    return sorted(near, key=places.__getitem__)[middle : middle + 2 - len(near) % 2]


def _compacted(rows: Rows, ordered: list[list[int]], roots: list[int]) -> dict[int, float]:
    """The x of every block: as far left as its neighbours allow, then as far right as leaves them in place."""
    after: dict[int, dict[int, float]] = {root: {} for root in roots}
    before: dict[int, dict[int, float]] = {root: {} for root in roots}
    for row in ordered:
        for left, right in pairwise(row):
            a, b = roots[left], roots[right]
            apart = max(after[a].get(b, 0.0), rows.apart(left, right))
            after[a][b] = before[b][a] = apart
    order = _sorted(after, before)
    xs: dict[int, float] = {}
    for block in order:
        xs[block] = max((xs[other] + apart for other, apart in before[block].items()), default=0.0)
    for block in reversed(order):
        room = min((xs[other] - apart for other, apart in after[block].items()), default=xs[block])
        xs[block] = max(xs[block], room)
    return xs


def _sorted(after: dict[int, dict[int, float]], before: dict[int, dict[int, float]]) -> list[int]:
    """The blocks from left to right; blocks never stand in a circle."""
    waiting = {block: len(others) for block, others in before.items()}
    order = [block for block, count in waiting.items() if not count]
    for block in order:
        for other in after[block]:
            waiting[other] -= 1
            if not waiting[other]:
                order.append(other)
    return order


def _balanced(rows: Rows, drawings: list[list[float]]) -> list[float]:
    """The mean of the two middle ones of four drawings, each moved to an edge of the narrowest."""
    edges = [_extent(rows, xs) for xs in drawings]
    left, right = min(edges, key=lambda edge: edge[1] - edge[0])
    moved = []
    for i, (xs, edge) in enumerate(zip(drawings, edges, strict=True)):
        by = left - edge[0] if i % 2 == 0 else right - edge[1]
        moved.append([x + by for x in xs])
    return [sum(sorted(four)[1:3]) / 2 for four in zip(*moved, strict=True)]


def _extent(rows: Rows, xs: list[float]) -> tuple[float, float]:
    return (
        min(x - rows.width(i) / 2 for i, x in enumerate(xs)),
        max(x + rows.width(i) / 2 for i, x in enumerate(xs)),
    )
