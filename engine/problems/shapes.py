"""What the layers themselves refuse, and layers of which nothing can be told."""

from __future__ import annotations

from collections.abc import Iterator

from engine.blocks import Use
from engine.errors import Problem
from engine.layers.base import written
from engine.layers.unknown import Unknown
from engine.node import Node
from engine.problems.facts import Facts


def misfits(facts: Facts) -> Iterator[Problem]:
    """Inputs that do not fit a layer: expected and found."""
    for name, error in facts.told.errors.items():
        node = facts.active[name]
        if not isinstance(node.layer, (Unknown, Use)):
            yield Problem(error.message, node=name, hint=error.hint or _given(node, facts))


def _given(node: Node, facts: Facts) -> str:
    """What each of its inputs is, as a hint."""
    outputs = {wire.node: facts.report(wire.node).outputs[wire.output] for wire in node.wires}
    return ", ".join(f"{name} gives {written(signal.shape)}" for name, signal in outputs.items())


def placeholders(facts: Facts) -> Iterator[Problem]:
    """Layers that the catalogue does not have."""
    for node in facts.loose:
        if isinstance(node.layer, Unknown):
            message = (
                f"no layer of the catalogue stands for {node.layer.type or 'it'}: it is kept and cannot be trained"
            )
            hint = "put a layer of the catalogue in its place, or bypass it"
            yield Problem(message, "warning", node.name, hint=hint)
