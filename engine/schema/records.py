"""From entries to the records that a module declares; whatever is wrong is reported, and the reading goes on."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any, Generic, TypeVar

import engine.data.augmentations
import engine.data.sequences
import engine.data.sources
import engine.data.transforms
import engine.layers  # noqa: F401 - importing fills the families in which names are looked up
from engine.declare import Field, Record
from engine.errors import FieldError, NetwrightError, Problem
from engine.layers.unknown import Unknown
from engine.node import Node
from engine.schema.layout import flat, items_of_tree
from engine.schema.plan import Known, plan_of
from engine.schema.scalars import read_text
from engine.schema.text import Entry, Items, Message, Tree, Value

R = TypeVar("R", bound=Record)


class Refused(Exception):
    """A value or record cannot be made; its problems have been reported."""


class Reader:
    """Makes records of the entries of one text."""

    def __init__(self, tree: Tree, notes: Mapping[Entry, str]) -> None:
        self.tree = tree
        self.notes = notes
        self.problems: list[Problem] = []
        self.errors = 0
        self._node = ""

    def report(self, message: str, offset: int, *, hint: str = "", severity: str = "error") -> None:
        """Adds a problem at a place of the text, for the node that is being read."""
        line, column = self.tree.place(offset)
        self.problems.append(Problem(message, severity, self._node, line, column, hint))
        self.errors += severity == "error"

    def record(self, cls: type[R], entries: Message, owner: Entry | None = None) -> R:
        """The record that the entries of a message make. Raises Refused."""
        if cls is Node:
            self._node = name_among(entries)
        try:
            return _Draft(self, cls, owner).made(entries)
        finally:
            if cls is Node:
                self._node = ""


class _Draft(Generic[R]):
    """One record while it is read: its values so far, and the entry that each comes from."""

    def __init__(self, reader: Reader, cls: type[R], owner: Entry | None) -> None:
        self._reader = reader
        self._cls = cls
        self._plan = plan_of(cls)
        self._owner = owner
        self._values: dict[str, Any] = {}
        self._origins: dict[str, Entry] = {}

    def made(self, entries: Message) -> R:
        """The record. Raises Refused, after reporting all that is wrong with it and within it."""
        errors = self._reader.errors
        strangers = [entry for entry in entries if not self._take(entry)]
        if strangers:
            self._place_strangers(strangers)
        for field in self._plan.required:
            if field.name not in self._origins:
                self._reader.report(f"{self._title} needs {_wanted(field)}", self._offset)
        for name in self._plan.lists:
            self._values.setdefault(name, ())
        if self._plan.note and self._owner is not None:
            self._values[self._plan.note] = self._reader.notes.get(self._owner, "")
        if self._reader.errors > errors:
            self._check()
            raise Refused
        try:
            return self._cls(**self._values)
        except NetwrightError as error:
            if not self._check():
                self._reader.report(error.message, self._place_of(error), hint=error.hint)
            raise Refused from None

    @property
    def _title(self) -> str:
        return self._owner.name if self._owner else "the file"

    @property
    def _offset(self) -> int:
        return self._owner.offset if self._owner else 0

    def _take(self, entry: Entry) -> bool:
        """Reads an entry's value; False where the record has no such field."""
        known = self._plan.find(entry.name)
        if known is None:
            return False
        field = known.field
        first = self._origins.setdefault(field.name, entry)
        if first is not entry and not field.repeated:
            self._reader.report(_twice(self._title, first, entry), entry.offset)
            return True
        try:
            if field.repeated:
                several = self._several(known, entry)
                self._values.setdefault(field.name, []).extend(several)
            else:
                self._values[field.name] = self._one(known, entry, entry.value)
        except Refused:
            pass
        except FieldError as error:
            self._reader.report(error.message, entry.offset)
        except ValueError as error:
            self._reader.report(f"{entry.name} {error}", entry.offset)
        return True

    def _several(self, known: Known, entry: Entry) -> list[Any]:
        value = entry.value
        return [self._one(known, entry, one) for one in (value if isinstance(value, Items) else (value,))]

    def _one(self, known: Known, entry: Entry, value: Value) -> Any:
        if known.read is not None and isinstance(value, str):
            return known.read(value)
        if known.cls is not None and isinstance(value, Message):
            return self._reader.record(known.cls, value, entry)
        if isinstance(value, Items):
            raise ValueError("takes one value, not a list")
        raise ValueError(
            f"must be fields in braces, not {value}" if known.cls else "must be a single value, not fields in braces"
        )

    def _place_strangers(self, strangers: list[Entry]) -> None:
        """Reports entries that are no field; but a message where a layer is missing is a layer to be kept."""
        holder = next((field for field in self._plan.families if "unknown" in (field.family or ())), None)
        messages = [entry for entry in strangers if isinstance(entry.value, Message)]
        if holder is not None and holder.name not in self._origins and len(messages) == 1:
            strangers.remove(messages[0])
            self._origins[holder.name] = messages[0]
            self._values[holder.name] = self._kept(messages[0])
        for entry in strangers:
            hint = did_you_mean(entry.name, self._plan.names())
            self._reader.report(f"{self._title} has no field {entry.name}", entry.offset, hint=hint)

    def _kept(self, entry: Entry) -> Unknown:
        message = f"no layer is called {entry.name}; it is kept as it stands and cannot be trained"
        hint = did_you_mean(entry.name, self._plan.names())
        self._reader.report(message, entry.offset, hint=hint, severity="warning")
        return Unknown(type=entry.name, text=flat(items_of_tree(entry.value)))

    def _check(self) -> bool:
        """Reports every value that its field does not take, and tells whether there was one."""
        errors = self._reader.errors
        for name, entry in self._origins.items():
            field = self._plan.by_name[name]
            try:
                if name in self._values:
                    field.accept(self._values[name])
            except FieldError as error:
                hint = did_you_mean(str(self._values[name]), field.choices)
                self._reader.report(error.message, entry.offset, hint=error.hint or hint)
        return self._reader.errors > errors

    def _place_of(self, error: NetwrightError) -> int:
        origin = self._origins.get(error.field) if isinstance(error, FieldError) else None
        return origin.offset if origin else self._offset


def name_among(entries: Message) -> str:
    """What the entry `name` says; "" where there is none."""
    for entry in entries:
        if entry.name == "name" and isinstance(entry.value, str):
            try:
                return read_text(entry.value)
            except ValueError:
                return ""
    return ""


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """A hint with the nearest of `names`, or an empty string."""
    near = difflib.get_close_matches(name, names, n=1)
    return f"did you mean {near[0]}?" if near else ""


def _wanted(field: Field) -> str:
    return f"a {field.family.name}" if field.family is not None else f"the field {field.spelling}"


def _twice(title: str, first: Entry, second: Entry) -> str:
    if first.name == second.name:
        return f"{title} has the field {first.name} twice"
    return f"{title} has both {first.name} and {second.name}, and takes one of them"
