"""Rules for weights that are not there, shared weights that do not fit, networks in which nothing learns."""

from __future__ import annotations

from collections.abc import Iterator

from engine.errors import Problem
from engine.layers.base import Weight, written
from engine.node import Node, WeightRule
from engine.problems.facts import Facts, did_you_mean


def rules_for_nothing(facts: Facts) -> Iterator[Problem]:
    """Rules that name no weight of their node."""
    for node in facts.active.nodes:
        if not node.weight or not facts.report(node.name).outputs:
            continue
        names = [weight.name for weight in facts.report(node.name).weights]
        for rule in node.weight:
            if not names:
                yield Problem("it has no weights for a rule to hold for", "warning", node.name, hint="remove the rule")
            elif rule.name and rule.name not in names:
                hint = did_you_mean(rule.name, names) or f"its weights are: {', '.join(names)}"
                yield Problem(f"it has no weight named {rule.name!r}", node=node.name, hint=hint)


def unshareable_weights(facts: Facts) -> Iterator[Problem]:
    """Weights shared with a node that is not there or has other ones."""
    for node in facts.active.nodes:
        for rule in node.weight:
            refusal = _refusal(node, rule, facts) if rule.same_as else ""
            if refusal:
                near = "" if rule.same_as in facts.active else did_you_mean(rule.same_as, facts.active.by_name)
                yield Problem(refusal, node=node.name, hint=near or "share with a node of the same layer")


def _refusal(node: Node, rule: WeightRule, facts: Facts) -> str:
    """Why the weights cannot be shared, or an empty string."""
    owner = facts.active.by_name.get(rule.same_as)
    if owner is None:
        return f"it shares weights with {rule.same_as!r}, which is not there"
    if owner.name == node.name or any(other.same_as for other in owner.weight):
        return f"it shares weights with {rule.same_as!r}, which has none of its own"
    if not facts.report(owner.name).outputs:
        return ""
    theirs = {weight.name: weight.shape for weight in facts.report(owner.name).weights}
    for weight in facts.report(node.name).weights:
        shape = theirs.get(weight.name)
        if rule.name in ("", weight.name) and shape != weight.shape:
            found = written(shape) if shape is not None else "nothing"
            return f"its {weight.name} is {written(weight.shape)}, and that of {rule.same_as!r} is {found}"
    return ""


def nothing_learns(facts: Facts) -> Iterator[Problem]:
    """A loss, but not one weight that it could change."""
    if not facts.losses or not all(report.outputs for report in facts.told.nodes.values()):
        return
    if all(_is_frozen(node, weight) for node in facts.active.nodes for weight in facts.report(node.name).weights):
        hint = "give a layer with weights a learning rate above 0"
        yield Problem("nothing learns: every weight is frozen, or there is none", "warning", hint=hint)


def _is_frozen(node: Node, weight: Weight) -> bool:
    rates = [rule.learning_rate for rule in node.weight if rule.name in ("", weight.name)]
    return not weight.trainable or (bool(rates) and rates[-1] == 0)
