"""The report: what is computed from a model, never stored."""

from __future__ import annotations

import functools
import operator
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from engine.active import active, passing
from engine.costs import UNTOLD, NodeReport, tell
from engine.errors import Problem
from engine.problems import problems_of
from engine.problems.facts import Facts

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


class _Same:
    """Values that count as equal where they are the same objects: what did not change is not looked at again."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.parts = (model.network, model.recipe, model.data)

    def __hash__(self) -> int:
        return hash(tuple(map(id, self.parts)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and all(map(operator.is_, self.parts, other.parts))


def report_of(model: Model) -> Report:
    """The report of a model, whatever state it is in. What is muted costs nothing; a bypassed node shows its input.

    It depends on network, recipe and data alone, and is the same object as long as those are.
    """
    return _report(_Same(model))


@functools.lru_cache(maxsize=8)
def _report(same: _Same) -> Report:
    model = same.model
    executed = active(model.network)
    told = tell(executed)
    nodes = {node.name: told.nodes.get(node.name, UNTOLD) for node in model.network.nodes}
    for name, link in passing(model.network).items():
        nodes[name] = NodeReport(outputs=nodes.get(link.node, UNTOLD).outputs[link.output : link.output + 1])
    return Report(
        nodes=nodes,
        problems=problems_of(Facts(model, executed, told)),
        params=sum(node.params for node in told.nodes.values()),
        macs=sum(node.macs for node in told.nodes.values()),
        memory=sum(node.memory for node in told.nodes.values()),
    )
