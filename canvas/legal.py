"""Where a held wire may end, and why not elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from canvas.geometry import Port
from canvas.picture import WireKey
from engine.errors import NetwrightError
from engine.layers.base import Layer, Signal
from engine.model import Model
from engine.network import Network
from engine.node import Link, Node
from engine.report import NodeReport, Report


class Held:
    """A wire in the hand: one end is fixed to a port, the other seeks one. Answers are remembered while it is held."""

    def __init__(self, model: Model, report: Report, name: str, port: Port, moved: WireKey | None = None) -> None:
        self.model = model
        self.report = report
        self.name = name
        self.port = port
        self.moved = moved
        self.seeks = "in" if port.side == "out" else "out"
        self._circular = _reach(model.network, name, against=port.side == "out")
        self._reasons: dict[tuple[str, Port], str] = {}

    def link_to(self, name: str, port: Port) -> tuple[Link, str]:
        """The link that letting go at a port makes, and the node that it enters."""
        if self.port.side == "out":
            return Link(self.name, self.port.number, port.slot), name
        return Link(name, port.number, self.port.slot), self.name

    def refusal(self, name: str, port: Port) -> str:
        """Why the wire may not end at this port; empty where it may."""
        known = self._reasons.get((name, port))
        if known is None:
            known = self._reasons[name, port] = self._refusal(name, port)
        return known

    def suits_source(self, outputs: tuple[Signal, ...]) -> bool:
        """Whether a node that gives `outputs` could feed the input that the wire was drawn from."""
        node = self._connected(self.model.network[self.name], Link("new", 0, self.port.slot))
        return not misfit(node, {**self.report.nodes, "new": NodeReport(outputs=outputs)})

    def best(self, name: str, ports: Iterable[Port]) -> tuple[Port | None, str]:
        """The port of a box that suits best: a free one before one that is taken; or why there is none."""
        offered = sorted(
            (port for port in ports if port.side == self.seeks), key=lambda port: (not port.free, port.optional)
        )
        reasons = [(port, self.refusal(name, port)) for port in offered]
        if not reasons:
            return None, f"{name} has no {'inputs' if self.seeks == 'in' else 'outputs'}"
        return next(((port, "") for port, reason in reasons if not reason), (None, reasons[0][1]))

    def _refusal(self, name: str, port: Port) -> str:
        if port.side != self.seeks:
            return f"a wire leads from an output to an input, and this is another {port.side}put"
        if name == self.name:
            return "a node cannot feed itself"
        if name in self._circular:
            return f"{name} and {self.name} would feed each other in a circle"
        link, target = self.link_to(name, port)
        node = self.model.network[target]
        if link in node.wires and self.moved is None:
            return "this wire is already there"
        said = misfit(self._connected(node, link), self.report.nodes)
        return f"{target}: {said}" if said else ""

    def _connected(self, node: Node, link: Link) -> Node:
        """The node with the wire in, and the moved one out."""
        network = Network((node,))
        if self.moved is not None and self.moved[0] == node.name:
            network = network.disconnect(node.wires[self.moved[1]], node.name)
        return network.connect(link, node.name)[node.name]


def misfit(node: Node, nodes: Mapping[str, NodeReport]) -> str:
    """What the layer of `node` says against what its wires bring; empty where it is content, or cannot tell yet."""
    signals: list[Signal | None] = []
    for slot in node.layer.SLOTS:
        wires = [wire for wire in node.wires if wire.slot == slot.name]
        found = [_signal(wire, nodes) for wire in wires]
        if (not found and not slot.optional) or (found and None in found):
            return _partial(node, nodes)
        signals += found if slot.many else (found[:1] or [None])
    return _complaint(node.layer, signals)


def may_follow(layer: Layer, signal: Signal | None) -> bool:
    """Whether a new node with `layer` could take `signal` by its first input."""
    if not layer.SLOTS:
        return False
    if signal is None:
        return True
    node = Node("new", (), layer).wired((Link("from", 0, layer.SLOTS[0].name),))
    return not misfit(node, {"from": NodeReport(outputs=(signal,))})


def _partial(node: Node, nodes: Mapping[str, NodeReport]) -> str:
    """With some inputs still missing only each slot's own wish can be looked at."""
    for slot in node.layer.SLOTS:
        for wire in node.wires:
            signal = _signal(wire, nodes) if wire.slot == slot.name else None
            if signal is None:
                continue
            try:
                slot.check(signal)
            except NetwrightError as error:
                return error.message
    return ""


def _complaint(layer: Layer, signals: list[Signal | None]) -> str:
    try:
        layer.outputs(*signals)
    except NetwrightError as error:
        return error.message if layer.FAMILY not in ("unknown", "block") else ""
    return ""


def _signal(wire: Link, nodes: Mapping[str, NodeReport]) -> Signal | None:
    outputs = nodes[wire.node].outputs if wire.node in nodes else ()
    return outputs[wire.output] if wire.output < len(outputs) else None


def _reach(network: Network, name: str, *, against: bool) -> set[str]:
    """All nodes that feed `name`, also indirectly (or, not `against` the wires, all that it feeds)."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        for other in _next(network, waiting.pop(), against):
            if other not in found:
                found.add(other)
                waiting.append(other)
    return found


def _next(network: Network, name: str, against: bool) -> Iterator[str]:
    if against:
        return (link.node for link in network[name].inputs) if name in network else iter(())
    return iter(network.users.get(name, ()))


def upstream(network: Network, names: Iterable[str]) -> set[str]:
    """`names` and all that feeds them."""
    return set(names).union(*(_reach(network, name, against=True) for name in names))


def downstream(network: Network, names: Iterable[str]) -> set[str]:
    """`names` and all that they feed."""
    return set(names).union(*(_reach(network, name, against=False) for name in names))
