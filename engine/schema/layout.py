"""The canonical form of text: one line while it fits, else one field a line; comments above what they belong to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from engine.schema.scalars import is_text, read_text, write_text
from engine.schema.text import Message, Value

WIDTH = 100
STEP = "  "


@dataclass(frozen=True)
class Group:
    """A message to be laid out: `name { items }`. `open`: never on one line, but for an empty one."""

    name: str
    items: tuple[Item, ...] = ()
    note: str = ""
    open: bool = False

    @cached_property
    def is_flat(self) -> bool:
        """Whether it may stand on one line: it is not open, and nothing in it has a note."""
        return not self.items or not (self.open or any(not _is_flat(item) for item in self.items))


Item = str | Group
"""A finished `name: value`, or a message."""


def _is_flat(item: Item) -> bool:
    return isinstance(item, str) or (item.is_flat and not item.note)


def flat(items: tuple[Item, ...]) -> str:
    """All of it on one line."""
    return " ".join(item if isinstance(item, str) else _flat(item) for item in items)


def _flat(group: Group) -> str:
    return f"{group.name} {{ {flat(group.items)} }}" if group.items else f"{group.name} {{ }}"


def lines(item: Item, indent: str = "") -> Iterator[str]:
    """The lines of an item in canonical form."""
    if isinstance(item, str):
        yield indent + item
        return
    yield from (indent + line for line in comment_lines(item.note))
    line = _flat(item) if item.is_flat else ""
    if line and len(indent) + len(line) <= WIDTH:
        yield indent + line
        return
    yield f"{indent}{item.name} {{"
    for inner in item.items:
        yield from lines(inner, indent + STEP)
    yield indent + "}"


def comment_lines(note: str) -> Iterator[str]:
    """The lines of a comment block, each behind its `#`."""
    for line in note.split("\n") if note else ():
        text = line.replace("\r", " ").rstrip()
        yield f"#{text}" if text.startswith("#") or not text else f"# {text}"


def items_of_tree(entries: Value) -> tuple[Item, ...]:
    """Entries of which no more is known than that they are well-formed; comments between them are not among them."""
    if not isinstance(entries, Message):
        return ()
    return tuple(item for entry in entries for item in _items_of(entry.name, entry.value))


def _items_of(name: str, value: Value) -> Iterator[Item]:
    if isinstance(value, str):
        yield f"{name}: {_scalar(value)}"
    elif isinstance(value, Message):
        yield Group(name, items_of_tree(value))
    elif any(isinstance(item, Message) for item in value):
        for item in value:
            yield from _items_of(name, item)
    else:
        yield f"{name}: [{', '.join(_scalar(item) for item in value if isinstance(item, str))}]"


def _scalar(token: str) -> str:
    try:
        return write_text(read_text(token)) if is_text(token) else token
    except ValueError:  # bytes that are no text stay as they were written
        return token
