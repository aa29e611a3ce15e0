"""A file's own functions, opened where they are used."""

from __future__ import annotations

from pathlib import Path

from onnx import ModelProto

from engine.errors import Unreadable
from engine.formats.imported import Note

MOST = 200_000
"""Operators of a network, functions opened: each may hold others many times."""


def inlined(model: ModelProto, notes: list[Note], path: Path) -> ModelProto:
    """The model without functions; a note names them. Raises Unreadable where they would never end."""
    if not model.functions:
        return model
    from onnx import inliner

    _check(model, path)
    names = ", ".join(dict.fromkeys(it.name for it in model.functions))
    notes.append(Note("approximated", "", f"functions are opened where they are used: {names}"))
    try:
        return inliner.inline_local_functions(model)
    except Exception as error:
        raise Unreadable(f"its functions cannot be opened: {str(error).splitlines()[0]}", file=str(path)) from None


def _check(model: ModelProto, path: Path) -> None:
    """Raises Unreadable for functions that use themselves, or that would grow too large."""
    bodies = {(it.domain, it.name): [(n.domain, n.op_type) for n in it.node] for it in model.functions}
    sizes: dict[tuple[str, str], int] = {}
    open_ones: set[tuple[str, str]] = set()

    def size(key: tuple[str, str]) -> int:
        if key not in bodies:
            return 1
        if key in open_ones:
            raise Unreadable(f"the function {key[1]} uses itself", file=str(path))
        if key not in sizes:
            open_ones.add(key)
            sizes[key] = sum(size(inner) for inner in bodies[key])
            open_ones.discard(key)
        return sizes[key]

    try:
        count = sum(size((node.domain, node.op_type)) for node in model.graph.node)
    except RecursionError:
        raise Unreadable("its functions stand too deep in each other", file=str(path)) from None
    if count > MOST:
        raise Unreadable(f"its functions open to {count} operators", file=str(path))
