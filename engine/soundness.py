"""What keeps a block from being opened, whoever uses it."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Iterator

from engine.blocks import Block
from engine.errors import FieldError, NetwrightError, did_you_mean
from engine.layers.data import Input, Target
from engine.layers.loss import Loss
from engine.node import Link, name_refusal
from engine.same import Same

Refusal = tuple[str, str]
"""What is wrong, and what would be right."""


def check_block(block: Block) -> None:
    """Raises NetwrightError for what is wrong within the block itself."""
    refusal = _refusal(Same(block))
    if refusal is not None:
        message, hint = refusal
        raise NetwrightError(f"the block {block.name!r} {message}", hint=hint)


@functools.lru_cache(maxsize=1024)
def _refusal(same: Same) -> Refusal | None:
    return next((refusal for check in CHECKS for refusal in check(*same.parts)), None)


def _parameters(block: Block) -> Iterator[Refusal]:
    for parameter in block.parameters:
        if len(parameter.values) != 1:
            found = "several defaults" if parameter.values else "no default"
            yield f"has {found} for its parameter {parameter.name!r}", "one of int, float, bool and text gives its type"
        if not parameter.name.isidentifier() or parameter.name == "index":
            hint = "letters, digits and _ make a name; index is the number of the repeat"
            yield f"has a parameter that cannot be called {parameter.name!r}", hint
    for name, count in Counter(parameter.name for parameter in block.parameters).items():
        if count > 1:
            yield f"has {count} parameters named {name!r}", "call them differently"


def _names(block: Block) -> Iterator[Refusal]:
    names = Counter((*block.inputs, *(node.name for node in block.nodes)))
    for name, count in names.items():
        if count > 1:
            yield f"has {count} inputs or nodes named {name!r}", "call them differently"
        if name_refusal(name):
            yield f"has an input or node named {name!r}: {name_refusal(name)}", "give it another name"


def _outputs(block: Block) -> Iterator[Refusal]:
    names = [*block.inputs, *(node.name for node in block.nodes)]
    for output in block.outputs:
        try:
            link = Link.parse(output)
        except FieldError:
            yield f"has an output {output!r}", "an output is written NODE or NODE:OUTPUT"
            continue
        if link.node not in names or link.slot:
            hint = did_you_mean(link.node, names) or "an output names one of its nodes"
            yield f"gives out {output!r}, which is not there", hint
    if not block.outputs and not any(isinstance(node.layer, Loss) for node in block.nodes):
        yield "has no output", "name the node whose output it gives, or put a loss into it"


def _data(block: Block) -> Iterator[Refusal]:
    for node in block.nodes:
        if isinstance(node.layer, (Input, Target)):
            message = f"holds {node.name!r}, and data enter the network outside of blocks only"
            yield message, "give the block an input instead, and draw a wire to it"


CHECKS: tuple[Callable[[Block], Iterator[Refusal]], ...] = (_parameters, _names, _outputs, _data)
