"""What a use gives its block: values of parameters, fields that are bound to them, wires for its inputs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from engine.blocks import Block, Setting, Use
from engine.declare import Field, fields_of, name_of
from engine.errors import NetwrightError, did_you_mean
from engine.expressions import Value, value_of
from engine.layers.base import Layer
from engine.node import Link, Node

Scope = Mapping[str, Value]
"""What names in expressions stand for: the parameters of a block, and `index`."""

HINT = "numbers, parameters, index, + - * // and brackets make an expression"

BINDABLE = ("int", "float", "bool", "text", "choice")


def bound(node: Node, scope: Scope) -> Layer:
    """The layer with the values of the expressions that its fields are bound to. Raises NetwrightError."""
    fields = {field.spelling: field for field in fields_of(type(node.layer)) if field.kind in BINDABLE}
    values = {}
    for bind in node.bind:
        try:
            found = _found(bind.field, fields, node.layer)
            values[found.name] = found.accept(value_of(bind.to, scope))
        except NetwrightError as error:
            message = f"cannot bind {bind.field or 'a field'} to {bind.to!r}: {error.message}"
            raise NetwrightError(message, hint=error.hint or HINT) from None
    return replace(node.layer, **values)


def _found(name: str, fields: Mapping[str, Field], layer: Layer) -> Field:
    if name not in fields:
        hint = did_you_mean(name, fields) or f"there are {', '.join(fields) or 'none'}"
        raise NetwrightError(f"{name_of(layer)} has no such field", hint=hint)
    return fields[name]


def arguments(block: Block, settings: Iterable[Setting], scope: Scope) -> Scope:
    """The values of a block's parameters in one use. Raises NetwrightError."""
    parameters = {parameter.name: parameter for parameter in block.parameters}
    values = {name: parameter.values[0] for name, parameter in parameters.items()}
    for setting in settings:
        if setting.name not in parameters:
            names = ", ".join(parameters) or "none"
            hint = did_you_mean(setting.name, parameters) or f"its parameters are: {names}"
            raise NetwrightError(f"the block {block.name!r} has no parameter {setting.name!r}", hint=hint)
        values[setting.name] = parameters[setting.name].accept(_set(setting, scope))
    return values


def _set(setting: Setting, scope: Scope) -> Value:
    if len(setting.values) + (setting.to is not None) != 1:
        hint = "it takes one of int, float, bool, text and to"
        raise NetwrightError(f"{setting.name} is set to nothing, or to several values", hint=hint)
    if setting.to is None:
        return setting.values[0]
    try:
        return value_of(setting.to, scope)
    except NetwrightError as error:
        message = f"cannot set {setting.name} to {setting.to!r}: {error.message}"
        raise NetwrightError(message, hint=error.hint or HINT) from None


def entering_links(block: Block, use: Node) -> dict[str, Link | None]:
    """What feeds each input: the wire that names it, else the next of the others. Raises NetwrightError."""
    named = {link.slot: link for link in use.inputs if link.slot in block.inputs}
    plain = [link for link in use.inputs if link.slot not in named]
    free = [name for name in block.inputs if name not in named]
    strange = next((link.slot for link in plain if link.slot and link.slot != Use.SLOTS[0].name), "")
    inputs = f"its inputs are: {', '.join(block.inputs) or 'none'}"
    if strange:
        raise NetwrightError(f"it has no input named {strange!r}", hint=did_you_mean(strange, free) or inputs)
    if len(plain) > len(free) or len(named) + len(plain) < len(use.inputs):
        raise NetwrightError(f"it has {len(use.inputs)} wires for {len(block.inputs)} inputs", hint=inputs)
    entering: dict[str, Link | None] = dict.fromkeys(block.inputs)
    entering |= {name: replace(link, slot="") for name, link in (named | dict(zip(free, plain, strict=False))).items()}
    missing = next((name for name, link in entering.items() if link is None and _needs(block, name)), "")
    if missing:
        raise NetwrightError(f"its input {missing!r} is free", hint="draw a wire to it")
    return entering


def _needs(block: Block, name: str) -> bool:
    """Whether something in the block cannot be without its input `name`."""
    if any(Link.parse(output).node == name for output in block.outputs):
        return True
    slots = ((slot, wire) for node in block.nodes for wire in node.wires for slot in node.layer.SLOTS)
    return any(wire.node == name and wire.slot == slot.name and not slot.optional for slot, wire in slots)
