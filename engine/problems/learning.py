"""Rules for weights that are not there, shared weights that do not fit, networks in which nothing learns."""

from __future__ import annotations

from collections.abc import Iterator

from engine.errors import Problem
from engine.layers.base import Weight, written
from engine.layers.data import Target
from engine.layers.loss import SoftmaxCrossEntropy
from engine.node import Node
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


def uncounted_classes(facts: Facts) -> Iterator[Problem]:
    """Losses that are to be balanced by classes that cannot be counted."""
    for node, loss in facts.losses:
        if not isinstance(loss, SoftmaxCrossEntropy) or not loss.balanced:
            continue
        targets = [facts.active.by_name.get(wire.node) for wire in node.wires if wire.slot == "target"]
        if node.name not in facts.model.network:
            message = "its classes are counted for one loss, and a block may be used more than once"
            yield Problem(message, node=node.name, hint="put the loss behind the block")
        elif any(target is not None and not _holds_classes(target) for target in targets):
            message = "its classes cannot be counted, for its target does not come with the data as it is"
            yield Problem(message, node=node.name, hint="say class_weights instead of balanced")


def _holds_classes(node: Node) -> bool:
    return isinstance(node.layer, Target) and node.layer.classes > 0


def unshareable_weights(facts: Facts) -> Iterator[Problem]:
    """Weights shared with a node that is not there or has other ones."""
    for node in (it for it in facts.active.nodes if it.weight):
        for rule in node.weight:
            if rule.same_as and rule.same_as not in facts.active:
                hint = did_you_mean(rule.same_as, facts.active.by_name) or "share with a node that is there"
                message = f"it shares weights with {rule.same_as!r}, which is not there"
                yield Problem(message, node=node.name, hint=hint)
        refusals = (_refusal(node, weight, facts) for weight in facts.report(node.name).weights)
        refusal = next(filter(None, refusals), "")
        if refusal:
            yield Problem(refusal, node=node.name, hint="share with a node that has the same layer and input")


def _refusal(node: Node, weight: Weight, facts: Facts) -> str:
    """Why a weight cannot be the one that the rules name, or an empty string."""
    shared = node.rule_for(weight.name).same_as
    owner, _, name = facts.active.owner_of(node.name, weight.name).rpartition("/")
    if not shared or not facts.report(owner).outputs:
        return ""
    if owner == node.name:
        return f"it shares its {name} with {shared!r}, which shares it with {owner!r} again"
    theirs = {weight.name: weight.shape for weight in facts.report(owner).weights}
    if weight.shape == theirs.get(name):
        return ""
    found = written(theirs[name]) if name in theirs else "not there"
    return f"its {name} is {written(weight.shape)}, and that of {owner!r} is {found}"


def nothing_learns(facts: Facts) -> Iterator[Problem]:
    """A loss, but not one weight that it could change."""
    if not facts.losses or not all(report.outputs for report in facts.told.nodes.values()):
        return
    if all(_is_frozen(node, weight) for node in facts.active.nodes for weight in facts.report(node.name).weights):
        hint = "give a layer with weights a learning rate above 0"
        yield Problem("nothing learns: every weight is frozen, or there is none", "warning", hint=hint)


def _is_frozen(node: Node, weight: Weight) -> bool:
    return not weight.trainable or node.rule_for(weight.name).learning_rate == 0
