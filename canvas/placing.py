"""Where every node stands: as the drawing says, and where it says nothing, beside what the node is wired to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from canvas.arrange import arrange
from canvas.geometry import COLUMN, ROW
from engine.drawing import Drawing
from engine.network import Network


class Spot(NamedTuple):
    """Where a box stands, by its upper left corner, and how."""

    x: float
    y: float
    collapsed: bool = False
    pinned: bool = False


def spots(network: Network, drawing: Drawing, known: Mapping[str, Spot]) -> dict[str, Spot]:
    """A spot for every node: from the drawing, else the one `known` from before, else a free one of its own."""
    placed = {place.node: Spot(place.x, place.y, place.collapsed, place.pinned) for place in drawing.places}
    found = {name: placed.get(name) or known.get(name) for name in network.by_name}
    if not any(found.values()):
        return {place.node: Spot(place.x, place.y) for place in arrange(network).places}
    settled = {name: spot for name, spot in found.items() if spot is not None}
    if len(settled) < len(found):
        _fill(network, settled)
    return settled


def free_spot(taken: Mapping[str, Spot], x: float, y: float) -> tuple[float, float]:
    """The first place at (x, y), or to the right of it, that no box of `taken` covers."""
    while any(abs(spot.x - x) < COLUMN and abs(spot.y - y) < ROW - 8 for spot in taken.values()):
        x += COLUMN
    return x, y


def _fill(network: Network, settled: dict[str, Spot]) -> None:
    """Put each node without a spot below what feeds it, else above what it feeds, else below everything."""
    for node in network.by_name.values():
        if node.name in settled:
            continue
        feeders = [settled[link.node] for link in node.inputs if link.node in settled]
        users = [settled[name] for name in network.users.get(node.name, ()) if name in settled]
        if feeders:
            lowest = max(feeders, key=lambda spot: spot.y)
            wanted = (lowest.x, lowest.y + ROW)
        elif users:
            highest = min(users, key=lambda spot: spot.y)
            wanted = (highest.x, highest.y - ROW)
        else:
            wanted = (min(spot.x for spot in settled.values()), max(spot.y for spot in settled.values()) + ROW)
        settled[node.name] = Spot(*free_spot(settled, *wanted))
