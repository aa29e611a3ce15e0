"""Blocks that cannot be opened, that nobody uses, that are called alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from engine.blocks import Use
from engine.errors import Problem
from engine.problems.facts import Facts, did_you_mean


def refusals(facts: Facts) -> Iterator[Problem]:
    """Uses of blocks, and fields bound to expressions, of which nothing can be made."""
    for name, error in facts.flat.refusals.items():
        if name in facts.active:
            yield Problem(error.message, node=name, hint=error.hint or "mend the block, or put a layer in its place")


def repeated_blocks(facts: Facts) -> Iterator[Problem]:
    """Two blocks with one name."""
    for name, count in Counter(block.name for block in facts.model.network.blocks).items():
        if count > 1:
            yield Problem(f"{count} blocks are named {name!r}, and the first one is used", hint="call them differently")


def unused_blocks(facts: Facts) -> Iterator[Problem]:
    """Blocks that no node uses, be it in another block that is used."""
    blocks = {block.name: block for block in facts.model.network.blocks}
    waiting = [node.layer.block for node in facts.model.network.nodes if isinstance(node.layer, Use)]
    while waiting:
        block = blocks.pop(waiting.pop(), None)
        waiting += [node.layer.block for node in block.nodes if isinstance(node.layer, Use)] if block else []
    for name in blocks:
        yield Problem(f"the block {name!r} is not used", "suggestion", hint="use it as a layer, or remove it")


def idle_circles(facts: Facts) -> Iterator[Problem]:
    """Wires from blocks that only hand on what they are given, in a circle: nothing stands behind them."""
    for node in facts.loose if facts.uses else ():
        for link in node.inputs:
            inside = facts.flat.insides.get(link.node)
            if inside is not None and link.output < len(inside.outputs):
                hint = "draw a wire from elsewhere into one of the blocks"
                yield Problem(f"it is fed by {link.node!r}, a block on a circle", node=node.name, hint=hint)


def strange_rules(facts: Facts) -> Iterator[Problem]:
    """Rules of a use that name no weight of an inner node."""
    for node in facts.model.network.nodes:
        inside = facts.flat.insides.get(node.name) if node.weight else None
        if inside is None:
            continue
        names = [
            f"{name.removeprefix(node.name)[1:]}/{w.name}" for name in inside.nodes for w in facts.report(name).weights
        ]
        for rule in node.weight:
            if names and rule.name and rule.name not in names:
                hint = did_you_mean(rule.name, names) or f"its weights are: {', '.join(names[:5])}"
                yield Problem(f"it has no weight named {rule.name!r}", node=node.name, hint=hint)
