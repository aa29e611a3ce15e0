"""The order within the rows of a layered drawing, so that few wires cross: barycentres, swept down and up."""

from __future__ import annotations

from bisect import bisect_right, insort

from canvas.rows import Rows

SWEEPS, PATIENCE = 12, 4


def uncross(rows: Rows) -> None:
    """Reorder the rows; of all orders met the one with the fewest crossings stays, of equals the first."""
    best, fewest = [row[:] for row in rows.rows], crossings(rows)
    worse = 0
    for sweep in range(SWEEPS):
        if not fewest or worse == PATIENCE:
            break
        _sweep(rows, downwards=sweep % 2 == 0)
        count = crossings(rows)
        worse = 0 if count < fewest else worse + 1
        if count < fewest:
            best, fewest = [row[:] for row in rows.rows], count
    rows.rows = best


def crossings(rows: Rows) -> int:
    """How many pairs of wires cross between neighbouring rows."""
    places = rows.places()
    return sum(_inversions(_ends(rows, row, places)) for row in rows.rows[:-1])


def _ends(rows: Rows, row: list[int], places: list[int]) -> list[float]:
    """Where the wires that leave a row arrive in the next one, from left to right."""
    return [end for number in row for end in sorted(_end(rows, number, other, places) for other in rows.below[number])]


def _end(rows: Rows, above: int, below: int, places: list[int]) -> float:
    return places[below] + rows.pull.get((above, below), 0.0)


def _inversions(values: list[float]) -> int:
    seen: list[float] = []
    count = 0
    for value in values:
        count += len(seen) - bisect_right(seen, value)
        insort(seen, value)
    return count


def _sweep(rows: Rows, *, downwards: bool) -> None:
    places = rows.places()
    order = rows.rows[1:] if downwards else rows.rows[-2::-1]
    for row in order:
        wanted = {number: _barycentre(rows, number, places, downwards) for number in row}
        row.sort(key=wanted.__getitem__)
        for place, number in enumerate(row):
            places[number] = place


def _barycentre(rows: Rows, number: int, places: list[int], downwards: bool) -> float:
    """The mean place of what it is wired to in the row before; its own where that is nothing."""
    near = rows.above[number] if downwards else rows.below[number]
    if not near:
        return places[number]
    if downwards:
        return sum(places[other] for other in near) / len(near)
    return sum(_end(rows, number, other, places) for other in near) / len(near)
