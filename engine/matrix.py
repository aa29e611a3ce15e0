"""The page docs/matrix.md, made from the rules: `python -m engine.matrix > docs/matrix.md`.

It loads every framework, so nothing that shall start quickly imports it.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.backends import BACKENDS, backend
from engine.declare import name_of
from engine.layers import CATALOGUE, FAMILIES, Layer
from engine.layers.data import Target
from engine.layers.loss import Loss

HEAD = """# What runs where

Made from the rules of the backends and formats by `python -m engine.matrix > docs/matrix.md`; do not edit it.

`runs`: outputs and gradients, in float32, are those of the other backend and of a plain reference in numpy's float64
within 1e-4; tests compare them for every layer in several settings, and for settings that hypothesis draws. `written`:
what onnxruntime makes of a file of opset 17 is what that reference makes, within 1e-4. What is refused beyond that is
refused with the sentence that stands here, before anything is written.

Blocks are opened before anything runs or is written, so they go wherever their layers do. A layer that the catalogue
does not have is kept, drawn and refused everywhere by its name. Targets, losses and noise are for training: what is
deployed has none of them.
"""

RULES = {"mxnet": "symbol", "torch": "function"}
"""What holds the rules, in the module `rules` of each backend."""


@dataclass(frozen=True)
class Column:
    """One target: what it is called, and what it says of a layer; nothing where it says nothing."""

    title: str
    cell: Callable[[type[Layer]], str]


def page() -> str:
    """The whole page in Markdown."""
    targets = columns()
    parts = (line for family in FAMILIES for line in _family(family, targets))
    return "\n".join((HEAD, *parts))


def columns() -> tuple[Column, ...]:
    """The backends, then the formats that are written. Raises Unsupported where a framework is not installed."""
    return (*(Column(name, _runs(name)) for name in sorted(BACKENDS, reverse=True)), Column("ONNX", _is_written()))


def kinds_of(family: str) -> list[type[Layer]]:
    """The layers of a family."""
    return [kind for _, kind in CATALOGUE.items() if issubclass(kind, Layer) and family == kind.FAMILY]


def _family(family: str, targets: tuple[Column, ...]) -> Iterator[str]:
    yield f"## {family.capitalize()}\n"
    yield f"| layer | {' | '.join(target.title for target in targets)} |"
    yield "| --- " * (len(targets) + 1) + "|"
    for kind in kinds_of(family):
        yield f"| `{name_of(kind)}` | {' | '.join(target.cell(kind) for target in targets)} |"
    yield ""


def _runs(name: str) -> Callable[[type[Layer]], str]:
    backend(name)
    module = importlib.import_module(f"{BACKENDS[name]}.rules")
    limits: Mapping[type[Layer], str] = getattr(module, "LIMITS", {})

    def cell(kind: type[Layer]) -> str:
        runs = "runs" if _has_rule(getattr(module, RULES[name]), kind) else ""
        return "fed by the batch" if kind.FED else "; ".join(filter(None, (runs, limits.get(kind))))

    return cell


def _is_written() -> Callable[[type[Layer]], str]:
    importlib.import_module("engine.formats.onnx")
    from engine.formats.onnx.limits import limit_of
    from engine.formats.onnx.rules import rule

    def cell(kind: type[Layer]) -> str:
        if issubclass(kind, Target | Loss):
            return "not deployed"
        if kind.FED:
            return "an input of the file"
        parts = ("written" if _has_rule(rule, kind) else "", limit_of(kind))
        return "; ".join(filter(None, parts))

    return cell


def _has_rule(rules: Any, kind: type[Layer]) -> bool:
    return rules.dispatch(kind) is not rules.dispatch(Layer)


if __name__ == "__main__":
    sys.stdout.write(page())
