"""Where a binary protobuf message breaks off: the way there, field by field, and the byte."""

from __future__ import annotations

# ModelProto.graph, GraphProto.node and initializer (onnx.proto): what a way through a model goes by.
_NAMES = {(): {7: "graph"}, ("graph",): {1: "node", 5: "initializer"}}


def broken_at(data: bytes) -> str:
    """`in graph, initializer 12, at byte 4711`."""
    way: tuple[str, ...] = ()
    told: list[str] = []
    begin, end = 0, len(data)
    while True:
        found = _within(data, begin, end, way)
        if found is None:
            break
        name, count, begin, end, place = found
        if not name:
            return _sentence(told, place)
        told.append(name if name == "graph" else f"{name} {count}")
        way = (*way, name)
    return _sentence(told, begin)


def _within(data: bytes, begin: int, end: int, way: tuple[str, ...]) -> tuple[str, int, int, int, int] | None:
    """The inner message that is not whole, or the place where this one is not; None: all of it is whole."""
    counts: dict[str, int] = {}
    place = begin
    while place < end:
        field = place
        key, place = _varint(data, place, end)
        if key < 0:
            return "", 0, 0, 0, field
        number, kind = key >> 3, key & 7
        name = _NAMES.get(way, {}).get(number, "")
        counts[name] = counts.get(name, 0) + 1
        if kind == 2:
            length, place = _varint(data, place, end)
            if name and length >= 0 and _within(data, place, min(place + length, end), (*way, name)):
                return name, counts[name], place, min(place + length, end), field
            if length < 0 or place + length > end:
                return ("", 0, 0, 0, field) if not name else (name, counts[name], place, end, field)
            place += length
        elif kind in (0, 1, 5):
            place = _varint(data, place, end)[1] if kind == 0 else place + (8 if kind == 1 else 4)
        else:
            return "", 0, 0, 0, field
    return None if place == end else ("", 0, 0, 0, min(place, end))


def _varint(data: bytes, place: int, end: int) -> tuple[int, int]:
    """A number and the place behind it; -1 where there is none."""
    value = 0
    for shift in range(0, 70, 7):
        if place >= end:
            return -1, place
        value |= (data[place] & 0x7F) << shift
        place += 1
        if not data[place - 1] & 0x80:
            return value, place
    return -1, place


def _sentence(told: list[str], place: int) -> str:
    return f"{'in ' + ', '.join(told) + ', ' if told else ''}at byte {place}"
