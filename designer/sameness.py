"""What two models have in common stays the same object, so that whoever compares by identity redraws only changes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeVar

from engine.model import Model
from engine.network import Network

T = TypeVar("T")


def settled(before: Model, after: Model) -> Model:
    """`after`, with the parts that are equal to those of `before` taken from there."""
    if after == before:
        return before
    parts: dict[str, Any] = {
        "network": _network(before.network, after.network),
        "recipe": _same(before.recipe, after.recipe),
        "data": _same(before.data, after.data),
        "drawing": _same(before.drawing, after.drawing),
    }
    return after if all(part is getattr(after, name) for name, part in parts.items()) else replace(after, **parts)


def _network(before: Network, after: Network) -> Network:
    if after == before:
        return before
    old = before.by_name
    nodes = tuple(_same(old.get(node.name, node), node) for node in after.nodes)
    return after if all(a is b for a, b in zip(nodes, after.nodes, strict=True)) else replace(after, nodes=nodes)


def _same(before: T, after: T) -> T:
    return before if before == after else after
