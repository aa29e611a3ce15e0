"""The report: what is computed from a model, never stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from engine.errors import Problem
from engine.layers.base import Signal, Weight


@dataclass(frozen=True)
class NodeReport:
    """What is known of one node: what leaves it, its weights and its cost for one sample."""

    outputs: tuple[Signal, ...] = ()
    weights: tuple[Weight, ...] = ()
    params: int = 0
    macs: int = 0
    memory: int = 0
    """Bytes of its outputs for one sample, in float32."""


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
