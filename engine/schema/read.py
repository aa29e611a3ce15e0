"""From a schema's text to the model, with all its problems and the place of everything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType

from engine.errors import Problem, SchemaError
from engine.layers.unknown import Unknown
from engine.model import Model
from engine.node import Node
from engine.schema.document import GRAMMAR, Document, model_of
from engine.schema.notes import notes_of
from engine.schema.records import Reader, Refused, name_among
from engine.schema.text import Message, Tree, parse

NATIVE = "netwright"
"""The format of placeholders for layers that are missing from the catalogue."""

Place = tuple[int, int]
"""Line and column, both from 1."""


@dataclass(frozen=True)
class Reading:
    """A model as it was read: what to know about the text, and where everything stands in it."""

    model: Model
    problems: tuple[Problem, ...]
    tree: Tree

    @cached_property
    def places(self) -> Mapping[str | tuple[str, str], Place]:
        """Where nodes stand, by name, and their fields, by (node, field); a node in a block is named BLOCK/NODE."""
        return MappingProxyType({key: self.tree.place(offset) for key, offset in _offsets(self.tree.entries)})


def read(text: str, file: str = "") -> Reading:
    """The model that `text` holds; what is kept but cannot be trained is a warning. Raises SchemaError."""
    tree = parse(text)
    notes = notes_of(tree)
    reader = Reader(tree, notes.of)
    document = _document(reader)
    problems = tuple(sorted((*reader.problems, *tree.problems), key=lambda problem: (problem.line, problem.column)))
    if document is None or any(problem.severity == "error" for problem in problems):
        raise SchemaError(_errors_first(problems), file=file)
    return Reading(model_of(document, notes.head, notes.tail), problems, tree)


def is_schema(text: str) -> bool:
    """Whether the text's first field is `netwright`."""
    entries = parse(text).entries
    return bool(entries) and entries[0].name == "netwright"


def _errors_first(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    return tuple(sorted(problems, key=lambda problem: problem.severity != "error"))


def _document(reader: Reader) -> Document | None:
    """The file's sections, or None where a problem leaves none."""
    if not _is_ours(reader):
        return None
    try:
        document = reader.record(Document, reader.tree.entries)
    except Refused:
        return None
    return replace(document, nodes=_with_all_outputs(document.nodes))


def _is_ours(reader: Reader) -> bool:
    tree = reader.tree
    first = tree.entries[0] if tree.entries else None
    if first is None:
        if not tree.problems:
            reader.report("there is nothing in it", 0, hint=f"a schema begins with netwright: {GRAMMAR}")
        return False
    if first.name != "netwright":
        hint = f"write netwright: {GRAMMAR} above everything else"
        reader.report(f"the first field of a schema is netwright, not {first.name}", first.offset, hint=hint)
        return False
    version = str(first.value)
    if version.isdecimal() and int(version) > GRAMMAR:
        reader.report(f"this is grammar {version}, and this Netwright reads grammar {GRAMMAR}", first.offset)
        return False
    return True


def _with_all_outputs(nodes: tuple[Node, ...]) -> tuple[Node, ...]:
    """A layer that is not in the catalogue has as many outputs as are used."""
    used: dict[str, int] = {}
    for link in (link for node in nodes for link in node.inputs if link.output):
        used[link.node] = max(used.get(link.node, 0), link.output)
    return tuple(_with_outputs(node, used.get(node.name, 0) + 1) for node in nodes)


def _with_outputs(node: Node, count: int) -> Node:
    layer = node.layer
    if not isinstance(layer, Unknown) or layer.format != NATIVE or layer.count >= count:
        return node
    return replace(node, layer=replace(layer, count=count))


def _offsets(entries: Message, block: str = "") -> Iterator[tuple[str | tuple[str, str], int]]:
    for entry in entries:
        if not isinstance(entry.value, Message):
            continue
        name = block + name_among(entry.value)
        if entry.name == "block" and not block:
            yield from _offsets(entry.value, name + "/")
        elif entry.name == "node":
            yield name, entry.offset
            for field in entry.value:
                yield (name, field.name), field.offset
                if isinstance(field.value, Message):
                    yield from (((name, inner.name), inner.offset) for inner in field.value)
