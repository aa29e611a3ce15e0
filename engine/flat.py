"""A network with its blocks opened: what is executed and reckoned with, while the drawing keeps its uses."""

from __future__ import annotations

import functools
import operator
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from engine.blocks import Use
from engine.errors import NetwrightError
from engine.instances import LARGEST, Firsts, Inside, Instance, Place, instance_of, resolved
from engine.network import Network
from engine.node import Link, Node
from engine.same import Same


@dataclass(frozen=True)
class Flat:
    """A network without uses, but for those that are bypassed or cannot be opened; why not stands in `refusals`.

    `insides` has every use at any depth, the inner ones before those around them.
    """

    network: Network
    insides: Mapping[str, Inside] = field(default_factory=dict)
    refusals: Mapping[str, NetwrightError] = field(default_factory=dict)

    @cached_property
    def stands(self) -> Mapping[Place, Link]:
        """What each output of a use stands for."""
        return _stands(self.insides)

    @cached_property
    def homes(self) -> Mapping[str, str]:
        """For every node that stands in a use the outermost one."""
        return {name: use for use, inside in self.insides.items() for name in inside.nodes}

    def source(self, link: Link) -> Link:
        """The output of the opened network that `link` means."""
        return resolved(link, self.stands) or link


def flat_of(network: Network) -> Flat:
    """`network` with its blocks opened, and the same object where there are none; remembered by identity.

    Inner nodes are named `stage2/0/conv` where the use repeats and `stage2/conv` where it does not, and stand in the
    place of the use.
    """
    if not [1 for node in network.nodes if node.bind or isinstance(node.layer, Use)]:
        return Flat(network)
    return _flat(Same(network))


@functools.lru_cache(maxsize=8)
def _flat(same: Same) -> Flat:
    (network,) = same.parts
    parts: list[Node | Instance] = []
    refusals: dict[str, NetwrightError] = {}
    firsts: Firsts = ()
    size = 0
    for node in network.nodes:
        found = _instance(node, network, firsts, LARGEST - size)
        if isinstance(found, NetwrightError):
            refusals[node.name] = found
            parts.append(node)
            continue
        parts.append(found)
        if isinstance(found, Instance):
            firsts = found.firsts
            size += len(found.nodes)
    return Flat(*_composed(network, parts), refusals)


def _instance(node: Node, network: Network, firsts: Firsts, room: int) -> Node | Instance | NetwrightError:
    is_closed = isinstance(node.layer, Use) and node.state == "bypassed"
    if is_closed or not (node.bind or isinstance(node.layer, Use)):
        return node
    found = instance_of(Same(node, network.blocks), firsts)
    if isinstance(found, Instance) and len(found.nodes) > room:
        return NetwrightError(f"the blocks would make more than {LARGEST:,} nodes", hint="repeat them less often")
    return found


def _composed(network: Network, parts: list[Node | Instance]) -> tuple[Network, Mapping[str, Inside]]:
    """The network of all parts, with the wires between them."""
    insides: dict[str, Inside] = {}
    for part in parts:
        if isinstance(part, Instance):
            insides |= part.insides
    stands = _stands(insides)
    nodes: list[Node] = []
    for part in parts:
        if isinstance(part, Node):
            nodes.append(_led(part, stands))
        else:
            nodes += [_led(node, stands) for node in part.nodes]
    same = len(nodes) == len(network.nodes) and all(map(operator.is_, nodes, network.nodes))
    return network if same else replace(network, nodes=tuple(nodes)), insides


def _stands(insides: Mapping[str, Inside]) -> dict[Place, Link]:
    return {(use, place): link for use, inside in insides.items() for place, link in enumerate(inside.outputs)}


def _led(node: Node, stands: Mapping[Place, Link]) -> Node:
    """With its wires from uses leading to what these stand for; the same object as long as all of that is."""
    if not [1 for link in node.inputs if (link.node, link.output) in stands]:
        return node
    return _wired(Same(node), tuple([resolved(link, stands) or link for link in node.inputs]))


@functools.lru_cache(maxsize=1 << 14)
def _wired(same: Same, inputs: tuple[Link, ...]) -> Node:
    node: Node = same.parts[0]
    return replace(node, inputs=inputs)
