"""The problems of a model, found before anything runs: one small function for each kind, all in one table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from engine.errors import Problem
from engine.problems import blocks, feeding, learning, naming, sense, shapes, training, wiring
from engine.problems.facts import Check, Facts

CHECKS: tuple[Check, ...] = (
    naming.repeated_names,
    naming.unusable_names,
    wiring.missing_sources,
    wiring.missing_outputs,
    wiring.free_inputs,
    wiring.crowded_inputs,
    wiring.surplus_inputs,
    wiring.circles,
    shapes.misfits,
    shapes.placeholders,
    blocks.refusals,
    blocks.repeated_blocks,
    blocks.unused_blocks,
    blocks.idle_circles,
    blocks.strange_rules,
    sense.nothing,
    sense.no_input,
    sense.no_loss,
    sense.doubled_links,
    sense.idle_nodes,
    sense.idle_biases,
    sense.idle_padding,
    sense.idle_bypasses,
    sense.training_only_sources,
    learning.rules_for_nothing,
    learning.uncounted_classes,
    learning.unshareable_weights,
    learning.nothing_learns,
    training.lengths,
    training.stops,
    training.metric_inputs,
    training.whole_metrics,
    training.mixing,
    feeding.no_data,
    feeding.strayed_feeds,
    feeding.repeated_feeds,
    feeding.unfed_nodes,
    feeding.labels,
    feeding.splits,
)

SEVERITIES = ("error", "warning", "suggestion")


def problems_of(facts: Facts) -> tuple[Problem, ...]:
    """All problems, the worst first, then in the author's order of the nodes, what concerns no node before them.

    What is found inside a block is told of the node that uses it, and once where repeats have it alike.
    """
    found = [problem for check in CHECKS for problem in check(facts)]
    found = list(_outside(found, facts.flat.homes)) if facts.flat.insides else found
    places = {node.name: place for place, node in enumerate(facts.model.network.nodes, 1)} if found else {}
    return tuple(sorted(found, key=lambda it: (SEVERITIES.index(it.severity), places.get(it.node, 0))))


def _outside(problems: Iterable[Problem], homes: Mapping[str, str]) -> Iterator[Problem]:
    """With every problem of an inner node at the use that it stands in, the inner node named first."""
    told: set[tuple[str, str]] = set()
    for problem in problems:
        home = homes.get(problem.node, "")
        if not home:
            yield problem
            continue
        message = f"{problem.node.removeprefix(home)[1:]}: {problem.message}"
        key = (home, re.sub(r"\d+", "#", message))
        if key not in told:
            told.add(key)
            yield replace(problem, node=home, message=message)
