"""What lines of a written module are made of: constructors with their arguments, and expressions that call them."""

from __future__ import annotations

import json
import keyword
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from numpy.typing import NDArray

WIDTH = 116
"""Columns of a line, about; longer ones are broken."""


@dataclass(frozen=True)
class Name:
    """A name that stands in the code as it is."""

    text: str


@dataclass(frozen=True)
class Argument:
    """A value given to a constructor; `is_plain`: by its place, without its name."""

    name: str
    value: Any
    is_plain: bool = False


@dataclass(frozen=True)
class Made:
    """A constructor called with arguments, of which some may be made likewise."""

    kind: str
    arguments: tuple[Argument, ...] = ()

    @property
    def skeleton(self) -> str:
        """What two of them have in common that differ in values only."""
        return code(self.filled(iter([Name("_")] * len(list(self.leaves())))))

    def leaves(self) -> Iterator[Argument]:
        """The arguments that are no constructors, those of inner ones too, in order."""
        for argument in self.arguments:
            if isinstance(argument.value, Made):
                yield from argument.value.leaves()
            else:
                yield argument

    def filled(self, values: Iterator[Any]) -> Made:
        """With other values in place of the leaves'."""
        return Made(self.kind, tuple(replace(it, value=_filled(it.value, values)) for it in self.arguments))


@dataclass(frozen=True)
class Step:
    """What a layer becomes: an expression, and the module that it calls if it needs one.

    In `call`, {0}, {1} … stand for what enters, slot by slot, and {it} for the module. `states` tells for each weight
    what the module calls it, `values` what it holds besides.
    """

    call: str
    made: Made | None = None
    states: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, NDArray[Any]] = field(default_factory=dict)


def made(kind: str, *plain: tuple[str, Any], **named: Any) -> Made:
    """A constructor with arguments by place, of which the names are told nevertheless, and by name."""
    by_place = (Argument(name, value, True) for name, value in plain)
    return Made(kind, (*by_place, *(Argument(name, value) for name, value in named.items())))


def code(value: Any) -> str:
    """A value, a name or a constructor in Python."""
    if isinstance(value, Name):
        return value.text
    if isinstance(value, Made):
        return f"{value.kind}({', '.join(map(argument_code, value.arguments))})"
    if isinstance(value, (tuple, list)):
        inside = ", ".join(map(code, value))
        return f"[{inside}]" if isinstance(value, list) else f"({inside},)" if len(value) == 1 else f"({inside})"
    return json.dumps(value, ensure_ascii=False) if type(value) is str else repr(value)


def argument_code(argument: Argument) -> str:
    """An argument in Python."""
    return code(argument.value) if argument.is_plain else f"{argument.name}={code(argument.value)}"


def even(sizes: tuple[int, ...]) -> int | tuple[int, ...]:
    """One number where all axes have it: how torch's modules are usually given sizes."""
    return sizes[0] if len(set(sizes)) == 1 else sizes


def identifier(name: str, taken: Iterable[str] = ()) -> str:
    """The nearest legal name that nothing else has."""
    found = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_") or "node"
    found = f"node_{found}" if found[0].isdigit() else found
    held = frozenset(taken)
    found = f"{found}_" if keyword.iskeyword(found) or found in RESERVED else found
    return (
        found if found not in held else next(it for n in range(2, len(held) + 3) if (it := f"{found}_{n}") not in held)
    )


def title(name: str) -> str:
    """A name as classes have them."""
    words = re.findall(r"[A-Za-z0-9]+", name)
    found = "".join(word[0].upper() + word[1:] for word in words) or "Network"
    return f"Network{found}" if found[0].isdigit() else found


RESERVED = frozenset(
    [
        "self",
        "torch",
        "nn",
        "F",
        "math",
        "len",
        "range",
        "super",
        "print",
        "property",
        "type",
        "id",
        "input",
        "list",
        "tuple",
        "dict",
        "str",
        "int",
        "float",
        "bool",
        "T_destination",
        "add_module",
        "apply",
        "bfloat16",
        "buffers",
        "call_super_init",
        "children",
        "compile",
        "cpu",
        "cuda",
        "double",
        "dump_patches",
        "eval",
        "extra_repr",
        "forward",
        "get_buffer",
        "get_extra_state",
        "get_parameter",
        "get_submodule",
        "half",
        "ipu",
        "load_state_dict",
        "modules",
        "mtia",
        "named_buffers",
        "named_children",
        "named_modules",
        "named_parameters",
        "parameters",
        "register_buffer",
        "register_module",
        "register_parameter",
        "requires_grad_",
        "set_extra_state",
        "set_submodule",
        "share_memory",
        "state_dict",
        "to",
        "to_empty",
        "train",
        "training",
        "xpu",
        "zero_grad",
    ]
)
"""What a module already has, and what the code itself uses."""


def _filled(value: Any, values: Iterator[Any]) -> Any:
    return value.filled(values) if isinstance(value, Made) else next(values)
