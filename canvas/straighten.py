"""Where the nodes of a layered drawing stand from left to right, so that chains and long wires are straight.

Brandes and Köpf, Fast and Simple Horizontal Coordinate Assignment (2001): four extreme drawings, then their middle.
"""

from __future__ import annotations

from itertools import pairwise

from canvas.rows import Rows

Conflicts = set[tuple[int, int]]


def straighten(rows: Rows) -> list[float]:
    """The x of every number's middle."""
    crossed = _conflicts(rows)
    drawings = [
        _drawing(rows, crossed, downwards=downwards, leftwards=leftwards)
        for downwards in (True, False)
        for leftwards in (True, False)
    ]
    return _balanced(rows, drawings)


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


def _drawing(rows: Rows, crossed: Conflicts, *, downwards: bool, leftwards: bool) -> list[float]:
    """One of the four extreme drawings."""
    ordered = [row if leftwards else row[::-1] for row in (rows.rows if downwards else rows.rows[::-1])]
    roots = _aligned(rows, ordered, crossed, downwards)
    xs = _compacted(rows, ordered, roots)
    return [xs[root] if leftwards else -xs[root] for root in roots]


def _aligned(rows: Rows, ordered: list[list[int]], crossed: Conflicts, downwards: bool) -> list[int]:
    """For each number the root of the block of numbers that stand exactly one below the other."""
    places = [0] * len(rows.above)
    for row in ordered:
        for place, number in enumerate(row):
            places[number] = place
    roots = list(range(len(places)))
    taken = [False] * len(places)
    for row in ordered:
        bound = -1
        for number in row:
            for other in _medians(rows, number, places, downwards):
                pair = (other, number) if downwards else (number, other)
                if places[other] > bound and not taken[other] and pair not in crossed:
                    roots[number] = roots[other]
                    taken[other] = True
                    bound = places[other]
                    break
    return roots


def _medians(rows: Rows, number: int, places: list[int], downwards: bool) -> list[int]:
    """The one or two in the middle of what it is wired to; long wires count only where there are no others."""
    near, back = (rows.above[number], rows.below) if downwards else (rows.below[number], rows.above)
    if not rows.is_lane(number):
        near = [other for other in near if not rows.is_lane(other)] or near
    elif len(near) == 1 and not rows.is_lane(near[0]):
        near = near if all(map(rows.is_lane, back[near[0]])) else []
    if len(near) < 2:
        return near
    near = sorted(near, key=places.__getitem__)
    middle = (len(near) - 1) // 2
    return near[middle : middle + 2 - len(near) % 2]


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
