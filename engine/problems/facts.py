"""What the checks look at: the model, what of it is executed, and what can be told of each node."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from engine.costs import UNTOLD, NodeReport, Told
from engine.errors import Problem
from engine.layers.data import Input, Target
from engine.layers.loss import Loss
from engine.network import Network
from engine.node import Node

if TYPE_CHECKING:
    from engine.model import Model

Check = Callable[["Facts"], Iterator[Problem]]


@dataclass(frozen=True)
class Facts:
    """A model with its active network and what was told of that."""

    model: Model
    active: Network
    told: Told

    def report(self, name: str) -> NodeReport:
        """What was told of the node `name`, be it there or not."""
        return self.told.nodes.get(name, UNTOLD)

    @cached_property
    def losses(self) -> tuple[tuple[Node, Loss], ...]:
        """The losses that are trained."""
        return tuple((node, node.layer) for node in self.active.nodes if isinstance(node.layer, Loss))

    @cached_property
    def answers(self) -> frozenset[str]:
        """The nodes that feed a loss with what it compares."""
        return frozenset(wire.node for node, _ in self.losses for wire in node.wires if wire.slot == "x")

    @cached_property
    def data_nodes(self) -> tuple[Node, ...]:
        """The nodes that data feed."""
        return tuple(node for node in self.active.nodes if isinstance(node.layer, (Input, Target)))

    @cached_property
    def loose(self) -> tuple[Node, ...]:
        """The nodes whose wires are not simply one from a known output to each input, or that cannot be told."""
        return tuple(node for node in self.active.nodes if not self._is_sound(node))

    def _is_sound(self, node: Node) -> bool:
        plain = len(node.inputs) == len(node.layer.SLOTS) and not any(link.slot for link in node.inputs)
        return plain and bool(self.report(node.name).outputs)


def did_you_mean(wrong: str, known: Iterable[str]) -> str:
    """A hint at the name that was probably meant, or an empty one."""
    close = difflib.get_close_matches(wrong, tuple(known), n=1)
    return f"did you mean {close[0]!r}?" if close else ""
