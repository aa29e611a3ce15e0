"""The grammar as a .proto, printed from the same declarations that the reader and the writer use."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import MISSING
from typing import Any

import engine.data.augmentations
import engine.data.sequences
import engine.data.sources
import engine.data.transforms
import engine.layers  # noqa: F401 - importing fills the families
from engine.declare import Family, Field, Record, fields_of
from engine.schema.document import Document
from engine.schema.scalars import write_bool, write_float, write_text

_TYPES = {"int": "int64", "float": "double", "bool": "bool", "text": "string", "coded": "string"}
_DEFAULTS: dict[str, Callable[[Any], str]] = {
    "int": str,
    "float": write_float,
    "bool": write_bool,
    "text": write_text,
    "choice": str,
}

_HEAD = """\
// The schema of Netwright's files, which are protobuf text: `netwright schema` prints this.
// Field numbers mean nothing; the text is the storage format. One value of a repeated number stands for every axis.
syntax = "proto2";

package netwright;
"""


def proto() -> str:
    """The whole grammar. Messages of a family are nested in one that is named for it: `Layers.Conv2D`."""
    records, families = _reached()
    messages = [_message(cls) for cls in records] + [_family(family) for family in families]
    return "\n".join([_HEAD, *("\n".join([*lines, ""]) for lines in messages)])


def sections() -> Iterator[tuple[str, str]]:
    """The fields of a file, in order, and what each is."""
    for field in fields_of(Document):
        yield field.spelling, field.help


def _reached() -> tuple[list[type[Record]], list[Family]]:
    """Every record and family that a file may hold, in the order in which a reader meets them."""
    records: list[type[Record]] = [Document]
    families: list[Family] = []
    waiting: list[type[Record]] = [Document]
    while waiting:
        for field in fields_of(waiting.pop(0)):
            if field.kind == "message" and field.type not in records:
                records.append(field.type)
                waiting.append(field.type)
            elif field.family is not None and field.family not in families:
                families.append(field.family)
                waiting += [cls for _, cls in field.family.items()]
    return records, families


def _family(family: Family) -> list[str]:
    messages = (_message(cls) for _, cls in family.items())
    return [f"message {_camel(family.name)}s {{", *("  " + line for message in messages for line in message), "}"]


def _message(cls: type[Record]) -> list[str]:
    fields = [field for field in fields_of(cls) if field.kind != "comment"]
    body = [line for field in fields if field.kind == "choice" for line in _words(field)]
    number = 0
    for field in fields:
        lines = list(_one_of(field, number) if field.kind == "one_of" else _field(field, number))
        number += len(lines) - 2 if field.kind == "one_of" else 1
        body += lines
    name = "Model" if cls is Document else cls.__name__
    return [*_comment(cls.__doc__ or ""), f"message {name} {{", *("  " + line for line in body), "}"]


def _words(field: Field) -> Iterator[str]:
    """An enum in a message of its own: protobuf would otherwise not let two fields share a word."""
    words = " ".join(f"{word} = {place};" for place, word in enumerate(field.choices))
    yield f"message {_camel(field.spelling)} {{ enum Word {{ {words} }} }}"


def _one_of(field: Field, number: int) -> Iterator[str]:
    assert field.family is not None
    yield f"oneof {field.name} {{"
    for place, (name, cls) in enumerate(field.family.items(), number + 1):
        yield f"  {_camel(field.family.name)}s.{cls.__name__} {name} = {place};"
    yield "}"


def _field(field: Field, number: int) -> Iterator[str]:
    label = "repeated" if field.repeated else "optional"
    default = "" if field.repeated or field.default is MISSING or field.default is None else _default(field)
    help_text = f"  // {field.help}" if field.help else ""
    yield f"{label} {_type(field)} {field.spelling} = {number + 1}{default};{help_text}"


def _type(field: Field) -> str:
    if field.kind == "choice":
        return f"{_camel(field.spelling)}.Word"
    return _TYPES.get(field.kind) or field.type.__name__


def _default(field: Field) -> str:
    write = _DEFAULTS.get(field.kind)
    text = write(field.default) if write is not None else ""
    return f" [default = {text}]" if text not in ("", '""') else ""


def _comment(doc: str) -> list[str]:
    return [f"// {line}".rstrip() for line in inspect.cleandoc(doc).split("\n")]


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))
