"""Recipes that contradict themselves or name what is not measured."""

from __future__ import annotations

from collections.abc import Iterator

from engine.declare import name_of
from engine.errors import Problem
from engine.mixing import mixable
from engine.problems.facts import Facts, did_you_mean


def lengths(facts: Facts) -> Iterator[Problem]:
    """A training without a length, or with two."""
    recipe = facts.model.recipe
    if not recipe.steps and not recipe.epochs:
        yield Problem("the recipe has no length", hint="say how many epochs, or how many steps")
    if recipe.steps and recipe.epochs not in (0, type(recipe)().epochs):
        message = f"the recipe says both {recipe.epochs} epochs and {recipe.steps} steps: the steps hold"
        yield Problem(message, "warning", hint="leave out one of them")


def stops(facts: Facts) -> Iterator[Problem]:
    """An end that depends on a number that is not measured."""
    stop = facts.model.recipe.stop
    if stop is None or not facts.losses:
        return
    part, _, name = stop.metric.partition("_")
    known = measured(facts, part)
    if part not in ("validation", "train") or name not in known:
        names = [f"validation_{known_name}" for known_name in known]
        hint = did_you_mean(stop.metric, names) or f"measured are {', '.join(names)}"
        yield Problem(f"the recipe stops by {stop.metric!r}, which is not measured", hint=hint)
    elif part == "validation" and not has_validation(facts):
        hint = "say in the data's split which share is kept for validation"
        yield Problem(f"the recipe stops by {stop.metric!r}, and no data are kept for validation", hint=hint)


def measured(facts: Facts, part: str) -> list[str]:
    """The numbers a training reports of a part, without that in front: `loss`, `accuracy`, `score_accuracy`."""
    asked = [metric.rule for metric in facts.model.recipe.metrics]
    told = [rule.called() for rule in asked if not rule.TABLE and not (rule.WHOLE and part == "train")]
    metrics = told if asked else ["accuracy", "mae"]
    return ["loss", *metrics, *(f"{node}_{name}" for node in sorted(facts.answers) for name in metrics)]


def mixing(facts: Facts) -> Iterator[Problem]:
    """Mix-up of what cannot be blended."""
    if facts.model.recipe.mix_up is not None:
        yield from mixable(facts.active).problems


def has_validation(facts: Facts) -> bool:
    """Whether some data are kept for validation, or none are there at all."""
    data = facts.model.data
    kept = data.split is not None and data.split.validation > 0
    return kept or not data.sources or any(source.part == "validation" for source in data.sources)


def metric_inputs(facts: Facts) -> Iterator[Problem]:
    """Metrics that compare nodes which are not there."""
    for metric in facts.model.recipe.metrics:
        for link in metric.inputs:
            if facts.flat.source(link).node not in facts.active:
                message = f"the metric {name_of(metric.rule)} compares {link.node!r}, which is not there"
                hint = did_you_mean(link.node, facts.active.by_name) or "name nodes that are there"
                yield Problem(message, hint=hint)


def whole_metrics(facts: Facts) -> Iterator[Problem]:
    """Metrics of the validation alone, where there is none."""
    for metric in facts.model.recipe.metrics:
        if metric.rule.WHOLE and not has_validation(facts):
            message = (
                f"the metric {name_of(metric.rule)} is measured of what is validated, and no data are kept for that"
            )
            yield Problem(message, "warning", hint="say in the data's split which share is kept for validation")
