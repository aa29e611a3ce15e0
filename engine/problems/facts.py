"""What the checks look at: the model, what of it is executed, and what can be told of each node."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from engine.blocks import Use
from engine.costs import UNTOLD, NodeReport, Told
from engine.errors import Problem, did_you_mean
from engine.flat import Flat, flat_of
from engine.layers.data import Input, Target
from engine.layers.loss import Loss
from engine.network import Network
from engine.node import Node

if TYPE_CHECKING:
    from engine.model import Model

__all__ = ["Check", "Facts", "did_you_mean"]

Check = Callable[["Facts"], Iterator[Problem]]


@dataclass(frozen=True)
class Facts:
    """A model with its active network and what was told of that."""

    model: Model
    active: Network
    told: Told
    uses: Mapping[str, NodeReport] = field(default_factory=dict)
    """What the uses of blocks that are opened come to."""

    @property
    def flat(self) -> Flat:
        """The drawn network with its blocks opened."""
        return flat_of(self.model.network)

    def report(self, name: str) -> NodeReport:
        """What was told of the node `name`, be it there or not."""
        return self.told.nodes.get(name) or self.uses.get(name, UNTOLD)

    @cached_property
    def losses(self) -> tuple[tuple[Node, Loss], ...]:
        """The losses that are trained."""
        return tuple((node, node.layer) for node in self.active.nodes if isinstance(node.layer, Loss))

    @cached_property
    def answers(self) -> frozenset[str]:
        """The nodes that feed a loss with what it compares."""
        return frozenset(wire.node for node, _ in self.losses for wire in node.wires if wire.slot == "x")

    @cached_property
    def handed_out(self) -> Mapping[str, tuple[str, ...]]:
        """The nodes behind the outputs of a use that has several, of which one is in use; by which uses."""
        found: dict[str, tuple[str, ...]] = {}
        for use, inside in self.flat.insides.items():
            if len(inside.outputs) > 1 and any(self.flat.network.users.get(link.node) for link in inside.outputs):
                found |= {link.node: (use,) for link in inside.outputs}
        return found

    @cached_property
    def data_nodes(self) -> tuple[Node, ...]:
        """The nodes that data feed."""
        return tuple(node for node in self.active.nodes if isinstance(node.layer, (Input, Target)))

    @cached_property
    def loose(self) -> tuple[Node, ...]:
        """The nodes whose wires are not simply one from a known output to each input, or that cannot be told.

        What is wrong with a use of a block is known to whoever opened it.
        """
        return tuple(n for n in self.active.nodes if not self._is_sound(n) and not isinstance(n.layer, Use))

    def _is_sound(self, node: Node) -> bool:
        plain = len(node.inputs) == len(node.layer.SLOTS) and not any(link.slot for link in node.inputs)
        return plain and bool(self.report(node.name).outputs)
