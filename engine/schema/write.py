"""From a model to its text in canonical form: the same model always gives the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from engine.declare import Field, Record, fields_of, name_of
from engine.layers.base import CATALOGUE
from engine.layers.unknown import Unknown
from engine.model import Model
from engine.node import Node
from engine.schema.document import GRAMMAR, document_of
from engine.schema.layout import Group, Item, comment_lines, flat, items_of_tree, lines
from engine.schema.scalars import write_bool, write_float, write_text
from engine.schema.text import parse

_SCALARS: dict[str, Callable[[Any], str]] = {
    "int": str,
    "float": write_float,
    "bool": write_bool,
    "text": write_text,
    "choice": str,
    "coded": lambda value: write_text(str(value)),
}
_CLOSED = ("node", "sweep")
"""Sections that may stand on one line; the others always have one field a line."""


def write(model: Model) -> str:
    """The schema's text, with a line break at its end. Parts are set apart by an empty line."""
    document = document_of(model)
    parts = [[*comment_lines(model.head), f"netwright: {GRAMMAR}"]]
    for field in fields_of(type(document))[1:]:
        items = list(_items(field, getattr(document, field.name)))
        if field.kind == "text":
            parts[0] += [line for item in items for line in lines(item)]
        elif field.spelling in _CLOSED:
            parts.append([line for item in items for line in lines(item)])
        else:
            parts += [list(lines(_opened(item))) for item in items]
    parts.append(list(comment_lines(model.tail)))
    return "\n".join("\n".join([*part, ""]) for part in parts if part)


def write_node(node: Node) -> str:
    """The node's lines, as they stand in the whole text."""
    return "\n".join(lines(_group("node", node)))


def write_record(record: Record) -> str:
    """Any record on one line, under its name: `scale { by: 0.5 }`."""
    return flat((_group(name_of(record), record),))


def _opened(item: Item) -> Item:
    return Group(item.name, item.items, item.note, open=True) if isinstance(item, Group) else item


def _items(field: Field, value: Any) -> Iterator[Item]:
    """What is written for a field; nothing where it is as when absent."""
    if field.kind == "comment" or value is None or value == (() if field.is_required else field.default):
        return
    if not field.repeated:
        yield _item(field, value)
    elif _is_list(field):
        yield f"{field.spelling}: {_numbers(field, value)}"
    else:
        yield from (_item(field, one) for one in value)


def _is_list(field: Field) -> bool:
    """Numbers and words stand in brackets; texts too, unless their field is spelled in the singular (`from`)."""
    return field.kind in ("int", "float", "bool", "choice") or (field.kind == "text" and field.spelling == field.name)


def _numbers(field: Field, values: tuple[Any, ...]) -> str:
    """`[5, 3]`, or one number where the same stands for every axis."""
    written = [_SCALARS[field.kind](value) for value in values]
    return written[0] if field.axes and len(set(written)) == 1 else f"[{', '.join(written)}]"


def _item(field: Field, value: Any) -> Item:
    if field.kind == "message":
        return _group(field.spelling, value)
    if field.kind == "one_of":
        return _kept(value) or _group(name_of(value), value)
    return f"{field.spelling}: {_SCALARS[field.kind](value)}"


def _group(name: str, record: Record) -> Group:
    note = ""
    items: list[Item] = []
    for field in fields_of(type(record)):
        value = getattr(record, field.name)
        if field.kind == "comment":
            note = value
        else:
            items += _items(field, value)
    return Group(name, tuple(items), note)


def _kept(layer: Record) -> Group | None:
    """A layer that was not in the catalogue, as it was read; None for any other."""
    if not isinstance(layer, Unknown) or layer.format != "netwright" or layer.type in CATALOGUE:
        return None
    tree = parse(f"{layer.type} {{ {layer.text} }}")
    if tree.problems or tree.remarks or len(tree.entries) != 1 or tree.entries[0].name != layer.type:
        return None
    return Group(layer.type, items_of_tree(tree.entries[0].value))
