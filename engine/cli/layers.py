"""`netwright layers`: the catalogue."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from engine.cli.answers import Answer

if TYPE_CHECKING:
    from rich.console import Console

    from engine.declare import Field
    from engine.layers import Layer


def command() -> Answer:
    """The catalogue of layers, by family, with the fields of each."""
    from engine.layers import CATALOGUE
    from engine.layers.base import FAMILIES

    layers: dict[str, Any] = dict(CATALOGUE.items())
    known = {name: cls for family in FAMILIES for name, cls in layers.items() if family == cls.FAMILY}

    def show(console: Console) -> None:
        from rich.markup import escape
        from rich.table import Table

        table = Table("Layer", "Family", "What it does")
        for name, cls in known.items():
            table.add_row(name, cls.FAMILY, escape(_title(cls)))
        console.print(table)

    return Answer({"layers": [_told(name, cls) for name, cls in known.items()]}, show)


def _title(cls: type[Layer]) -> str:
    return inspect.cleandoc(cls.__doc__ or "").split("\n")[0]


def _told(name: str, cls: type[Layer]) -> dict[str, Any]:
    from engine.declare import fields_of

    return {
        "name": name,
        "class": cls.__name__,
        "family": cls.FAMILY,
        "help": inspect.cleandoc(cls.__doc__ or ""),
        "inputs": [{"name": slot.name, "optional": slot.optional, "many": slot.many} for slot in cls.SLOTS],
        "fields": [_field(field) for field in fields_of(cls)],
    }


def _field(field: Field) -> dict[str, Any]:
    is_plain = field.default is None or isinstance(field.default, (bool, int, float, str, tuple))
    return {
        "name": field.spelling,
        "kind": field.kind,
        "repeated": field.repeated,
        "default": field.default if is_plain else None,
        "choices": field.choices,
        "help": field.help,
    }
