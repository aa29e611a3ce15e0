"""Where everything stands: as the drawing says, else where it stood, else beside what it is wired to."""

from __future__ import annotations

from dataclasses import replace

from canvas.arrange import arrange
from canvas.geometry import COLUMN, ROW
from engine.drawing import Drawing, Place, Reroute
from engine.network import Network

Places = dict[str, Place]


def settled(network: Network, drawing: Drawing, before: Drawing, known: Network) -> Drawing:
    """`drawing` with a place for every node: its own, else that of `before` (which showed `known`), else a new one.

    The same object where nothing is missing; where all is, a layout of the whole.
    """
    places = {place.node: place for place in drawing.places}
    missing = [name for name in network.by_name if name not in places]
    if not missing:
        return drawing
    remembered = {place.node: place for place in before.places}
    found = {name: remembered[name] for name in missing if name in remembered}
    if not found and not places.keys() & network.by_name.keys():
        made = arrange(network)
        return replace(drawing, places=made.places, reroutes=made.reroutes)
    filled = {**places, **found}
    _fill(network, filled)
    points = drawing.reroutes if drawing.places else _unchanged(network, before, known)
    return replace(drawing, places=tuple(filled.values()), reroutes=points)


def free_spot(taken: Places, x: float, y: float) -> tuple[float, float]:
    """The first place at (x, y), or to the right of it, that no box of `taken` covers."""
    while any(abs(place.x - x) < COLUMN and abs(place.y - y) < ROW - 8 for place in taken.values()):
        x += COLUMN
    return x, y


def _unchanged(network: Network, before: Drawing, known: Network) -> tuple[Reroute, ...]:
    """The points that wires passed, of nodes whose wires are still the same."""
    return tuple(
        point
        for point in before.reroutes
        if point.node in network and point.node in known and network[point.node].inputs == known[point.node].inputs
    )


def _fill(network: Network, places: Places) -> None:
    """Put each node without a place below what feeds it, else above what it feeds, else below everything."""
    for node in network.nodes:
        if node.name not in places:
            places[node.name] = Place(node.name, *free_spot(places, *_wanted(network, places, node.name)))


def _wanted(network: Network, places: Places, name: str) -> tuple[float, float]:
    feeders = [places[link.node] for link in network[name].inputs if link.node in places]
    if feeders:
        lowest = max(feeders, key=lambda place: place.y)
        return lowest.x, lowest.y + ROW
    users = [places[user] for user in network.users.get(name, ()) if user in places]
    if users:
        highest = min(users, key=lambda place: place.y)
        return highest.x, highest.y - ROW
    return min(place.x for place in places.values()), max(place.y for place in places.values()) + ROW
