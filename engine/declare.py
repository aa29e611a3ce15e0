"""Declared records: frozen dataclasses whose type hints are at once the form, the checks, the schema and the help.

A field is written `units: Annotated[int, Range(1), "How many outputs."] = 64`. Known hints are int, float, bool, str,
`Literal[...]`, tuples of these, other records, `X | None`, and
`Annotated[Base, OneOf(FAMILY)]` for one entry of a family.
"""

from __future__ import annotations

import dataclasses
import functools
import re
import types
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, dataclass_transform

from engine.errors import FieldError

Kind = Literal["int", "float", "bool", "text", "choice", "coded", "message", "one_of", "comment"]


@dataclass(frozen=True)
class Range:
    """The numbers a field takes: from `low` to `high`, both included unless `above` or `below` is used instead."""

    low: float | None = None
    high: float | None = None
    above: float | None = None
    below: float | None = None

    def refusal(self, value: float) -> str:
        """Why `value` is not in the range, or an empty string."""
        bounds = (
            (self.low is not None and value < self.low, f"at least {self.low}"),
            (self.high is not None and value > self.high, f"at most {self.high}"),
            (self.above is not None and value <= self.above, f"more than {self.above}"),
            (self.below is not None and value >= self.below, f"less than {self.below}"),
        )
        return next((text for outside, text in bounds if outside), "")


@dataclass(frozen=True)
class Axes:
    """A list of `count` numbers; one stands for all of them, `count / repeats` numbers are taken `repeats` times."""

    count: int
    repeats: int = 1


@dataclass(frozen=True)
class Spelled:
    """The name of a field in the schema, where Python reserves it (`from`)."""

    name: str


@dataclass(frozen=True)
class OneOf:
    """The field holds one entry of a family, written as `entry { ... }` inside the enclosing message."""

    family: Family


@dataclass(frozen=True)
class Nought:
    """What a form shows, and takes, for 0 where that is no number but stands for something else."""

    word: str


class Comment:
    """Marks the field that holds the comment block above an entry."""


@dataclass(frozen=True)
class Field:
    """One field of a record, as form, schema and checks see it."""

    name: str
    spelling: str
    kind: Kind
    type: Any
    default: Any
    help: str = ""
    range: Range | None = None
    choices: tuple[str, ...] = ()
    axes: Axes | None = None
    nought: str = ""
    repeated: bool = False
    optional: bool = False
    family: Family | None = None

    @property
    def is_required(self) -> bool:
        """Whether a record cannot be made without it."""
        return self.default is dataclasses.MISSING

    def accept(self, value: Any) -> Any:
        """`value` in its one normal form. Raises FieldError when the field does not take it."""
        if value is None and self.optional:
            return None
        if not self.repeated:
            return self._accept_one(value)
        values = tuple(value) if isinstance(value, (tuple, list)) else (value,)
        return self._spread(tuple(self._accept_one(item) for item in values))

    def _spread(self, values: tuple[Any, ...]) -> tuple[Any, ...]:
        if self.axes is None or len(values) == self.axes.count:
            return values
        if len(values) == 1:
            return values * self.axes.count
        if len(values) * self.axes.repeats == self.axes.count:
            return values * self.axes.repeats
        raise self._refuse(f"takes 1 or {self.axes.count} numbers, not {len(values)}")

    def _accept_one(self, value: Any) -> Any:
        accepted = _ACCEPT[self.kind](self, value)
        refusal = self.range.refusal(accepted) if self.range is not None else ""
        if refusal:
            raise self._refuse(f"must be {refusal}, not {accepted}")
        return accepted

    def _refuse(self, reason: str) -> FieldError:
        return FieldError(f"{self.spelling} {reason}", field=self.name)

    def _int(self, value: Any) -> int:
        if isinstance(value, bool) or not (isinstance(value, int) or (isinstance(value, float) and value.is_integer())):
            raise self._refuse(f"must be a whole number, not {value!r}")
        return int(value)

    def _float(self, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self._refuse(f"must be a number, not {value!r}")
        return float(value)

    def _comment(self, value: Any) -> str:
        """Without what a comment in a file cannot keep: spaces at the ends of its lines, empty lines at its end."""
        return "\n".join(line.rstrip() for line in str(self._instance(value)).splitlines()).rstrip("\n")

    def _choice(self, value: Any) -> str:
        if value not in self.choices:
            raise self._refuse(f"must be one of {', '.join(self.choices)}, not {value!r}")
        return str(value)

    def _instance(self, value: Any) -> Any:
        if not isinstance(value, self.type):
            raise self._refuse(f"must be {self.type.__name__}, not {value!r}")
        return value


_ACCEPT: dict[str, Callable[[Field, Any], Any]] = {
    "int": Field._int,
    "float": Field._float,
    "bool": Field._instance,
    "text": Field._instance,
    "comment": Field._comment,
    "choice": Field._choice,
    "coded": Field._instance,
    "message": Field._instance,
    "one_of": Field._instance,
}


@dataclass_transform(frozen_default=True)
class Record:
    """Its subclasses are frozen dataclasses that check and normalise their fields when made. Raises FieldError."""

    def __init_subclass__(cls) -> None:
        dataclass(frozen=True)(cls)

    def __post_init__(self) -> None:
        cls: Any = type(self)
        for field in fields_of(cls):
            given = getattr(self, field.name)
            if given is field.default:  # most are, and they have been accepted once
                continue
            accepted = field.accept(given)
            if accepted is not given:
                object.__setattr__(self, field.name, accepted)


R = TypeVar("R", bound=Record)


class Family:
    """A named set of record classes, one of which a field holds: the layers, the optimisers, the transforms."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._entries: dict[str, type[Record]] = {}

    def declare(self, cls: type[R]) -> type[R]:
        """Class decorator: makes `cls` an entry of the family under the name it has in the schema."""
        self._entries[name_of(cls)] = cls
        return cls

    def get(self, name: str) -> type[Record] | None:
        """The class that is written `name`."""
        return self._entries.get(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def items(self) -> Iterator[tuple[str, type[Record]]]:
        """Name and class of every entry, in order of declaration."""
        return iter(self._entries.items())


@functools.cache
def snake_case(name: str) -> str:
    """`MaxPool2D` → `max_pool2d`, `KLDivergence` → `kl_divergence`, `PReLU` → `prelu`, `AdamW` → `adamw`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z][a-z])|(?<=[A-Z]{2})(?=[A-Z][a-z])", "_", name).lower()


def name_of(record: Record | type[Record]) -> str:
    """The name under which a record's class stands in the schema: `SPELLING` where it has one, else in snake case."""
    cls = record if isinstance(record, type) else type(record)
    return str(vars(cls).get("SPELLING") or snake_case(cls.__name__))


def fields_of(cls: type[Any]) -> tuple[Field, ...]:
    """The declared fields of a record class, in order."""
    key: Any = cls  # mypy does not take a class that defines __hash__ for hashable
    return _fields_of(key)


@functools.cache
def _fields_of(cls: Any) -> tuple[Field, ...]:
    hints = typing.get_type_hints(cls, include_extras=True)
    return tuple(_settled(_field(declared, hints[declared.name])) for declared in dataclasses.fields(cls))


def _settled(field: Field) -> Field:
    """With its default in normal form."""
    if field.is_required:
        return field
    normal = field.accept(field.default)
    return field if normal == field.default else dataclasses.replace(field, default=normal)


def _field(declared: dataclasses.Field[Any], hint: Any) -> Field:
    base, notes = _unwrap(hint)
    repeated = typing.get_origin(base) is tuple
    if repeated:
        base, more = _unwrap(typing.get_args(base)[0])
        notes = (*more, *notes)
    optional = typing.get_origin(base) in (types.UnionType, typing.Union)  # a Literal in a union makes the older one
    if optional:
        base, more = _unwrap(next(arg for arg in typing.get_args(base) if arg is not type(None)))
        notes = (*more, *notes)
    one_of = _note(notes, OneOf)
    spelled = _note(notes, Spelled)
    nought = _note(notes, Nought)
    default = declared.default
    if declared.default_factory is not dataclasses.MISSING:
        default = declared.default_factory()
    return Field(
        name=declared.name,
        spelling=spelled.name if spelled else declared.name,
        kind=_kind(base, notes),
        type=base,
        default=default,
        help=next((note for note in notes if isinstance(note, str)), ""),
        range=_note(notes, Range),
        choices=typing.get_args(base) if typing.get_origin(base) is Literal else (),
        axes=_note(notes, Axes),
        nought=nought.word if nought else "",
        repeated=repeated,
        optional=optional,
        family=one_of.family if one_of else None,
    )


N = TypeVar("N")


def _note(notes: tuple[Any, ...], kind: type[N]) -> N | None:
    return next((note for note in notes if isinstance(note, kind)), None)


def _unwrap(hint: Any) -> tuple[Any, tuple[Any, ...]]:
    if typing.get_origin(hint) is typing.Annotated:
        base, *notes = typing.get_args(hint)
        return base, tuple(notes)
    return hint, ()


_KINDS: dict[type, Kind] = {bool: "bool", int: "int", float: "float", str: "text"}


def _kind(base: Any, notes: tuple[Any, ...]) -> Kind:
    if Comment in notes:
        return "comment"
    if _note(notes, OneOf):
        return "one_of"
    if typing.get_origin(base) is Literal:
        return "choice"
    if base in _KINDS:
        return _KINDS[base]
    return "message" if issubclass(base, Record) else "coded"
