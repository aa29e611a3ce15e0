"""Wires that lead nowhere, inputs without a wire or with too many, circles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from engine.errors import NetwrightError, Problem
from engine.problems.facts import Facts, did_you_mean


def missing_sources(facts: Facts) -> Iterator[Problem]:
    """Wires from nodes that are not there."""
    for node in facts.loose:
        for link in node.inputs:
            if link.node not in facts.active and link.node not in facts.uses:
                hint = did_you_mean(link.node, facts.active.by_name) or "connect it to a node that is there"
                yield Problem(f"one of its inputs is {link.node!r}, which is not there", node=node.name, hint=hint)


def missing_outputs(facts: Facts) -> Iterator[Problem]:
    """Wires from outputs that a node does not have."""
    for node in facts.loose:
        for link in node.inputs:
            there = len(facts.report(link.node).outputs)
            if there and link.output >= there:
                has = "1 output" if there == 1 else f"{there} outputs"
                message = f"one of its inputs is output {link.output} of {link.node!r}, which has {has}"
                yield Problem(message, node=node.name, hint="outputs are counted from 0")


def free_inputs(facts: Facts) -> Iterator[Problem]:
    """Inputs that a layer needs and that no wire enters."""
    for node in facts.loose:
        wired = {wire.slot for wire in node.wires}
        for slot in node.layer.SLOTS:
            if slot.name not in wired and not slot.optional:
                which = f"input {slot.name!r}" if len(node.layer.SLOTS) > 1 else "input"
                yield Problem(f"its {which} is free", node=node.name, hint="draw a wire to it")


def crowded_inputs(facts: Facts) -> Iterator[Problem]:
    """Inputs for one wire that have several."""
    for node in facts.loose:
        wires = Counter(wire.slot for wire in node.wires)
        for slot in node.layer.SLOTS:
            if wires[slot.name] > 1 and not slot.many:
                message = f"its input {slot.name!r} takes one wire and has {wires[slot.name]}"
                hint = "remove all but one; Add or Concat make one of several"
                yield Problem(message, node=node.name, hint=hint)


def surplus_inputs(facts: Facts) -> Iterator[Problem]:
    """Wires for which a layer has no input."""
    for node in facts.loose:
        names = [slot.name for slot in node.layer.SLOTS]
        for wire in node.wires:
            if wire.slot and wire.slot not in names:
                hint = did_you_mean(wire.slot, names) or f"its inputs are: {', '.join(names) or 'none'}"
                yield Problem(f"it has no input named {wire.slot!r}", node=node.name, hint=hint)
            elif not wire.slot:
                takes = {0: "no input", 1: "one input"}.get(len(names), f"{len(names)} inputs")
                message = f"it takes {takes}, and {wire.node!r} is one too many"
                yield Problem(message, node=node.name, hint="remove the wire")


def circles(facts: Facts) -> Iterator[Problem]:
    """Nodes that wait for themselves."""
    if len(facts.told.nodes) == len(facts.active.by_name):
        return
    # Without all nodes that can be put in order, only circles and what is behind them are left.
    rest = facts.active.remove(facts.told.nodes)
    while rest.nodes:
        try:
            _ = rest.order
        except NetwrightError as error:
            hint = "remove one of its wires; LSTM and GRU keep a state without a circle"
            yield Problem(error.message, node=error.node, hint=hint)
            rest = rest.remove([error.node])
        else:
            return
