"""The report: what is computed from a model, never stored."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from engine.active import active, passing
from engine.costs import UNTOLD, NodeReport, summed, tell
from engine.errors import Problem
from engine.flat import flat_of
from engine.problems import problems_of
from engine.problems.facts import Facts
from engine.same import Same

if TYPE_CHECKING:
    from engine.model import Model

__all__ = ["NodeReport", "Report", "report_of"]


@dataclass(frozen=True)
class Report:
    """What is known of a model before it runs. A node whose shape cannot be told has no outputs in `nodes`."""

    nodes: Mapping[str, NodeReport] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    params: int = 0
    macs: int = 0
    memory: int = 0

    @cached_property
    def problems_of(self) -> Mapping[str, tuple[Problem, ...]]:
        """The problems of every node that has some."""
        found: dict[str, tuple[Problem, ...]] = {}
        for problem in self.problems:
            found[problem.node] = (*found.get(problem.node, ()), problem)
        return found


def report_of(model: Model) -> Report:
    """The report of a model, whatever state it is in. What is muted costs nothing; a bypassed node shows its input.

    A use of a block shows the sum of what is inside; inner nodes have entries of their own, `stage2/0/conv`. The report
    depends on network, recipe and data alone, and is the same object as long as those are.
    """
    return _report(Same(model.network, model.recipe, model.data))


@functools.lru_cache(maxsize=8)
def _report(same: Same) -> Report:
    from engine.model import Model

    network, recipe, data = same.parts
    model = Model(network=network, recipe=recipe, data=data)
    executed, flat = active(network), flat_of(network)
    told = tell(executed)
    nodes = {node.name: told.nodes.get(node.name, UNTOLD) for part in (network, flat.network) for node in part.nodes}
    for name, link in passing(flat.network).items():
        nodes[name] = NodeReport(outputs=nodes.get(link.node, UNTOLD).outputs[link.output : link.output + 1])
    uses = {name: summed(inside.nodes, inside.outputs, nodes) for name, inside in flat.insides.items()}
    return Report(
        nodes=nodes | uses,
        problems=problems_of(Facts(model, executed, told, uses)),
        params=sum(node.params for node in told.nodes.values()),
        macs=sum(node.macs for node in told.nodes.values()),
        memory=sum(node.memory for node in told.nodes.values()),
    )
