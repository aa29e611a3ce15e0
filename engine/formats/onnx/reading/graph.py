"""A graph read operator by operator: first as samples in a batch, else as one whole sample."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from onnx import GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto

from engine.active import needed
from engine.errors import NetwrightError, Unreadable
from engine.formats.imported import Imported, Note
from engine.formats.onnx.reading import rules
from engine.formats.onnx.reading.arrays import array_of
from engine.formats.onnx.reading.curves import Curves
from engine.formats.onnx.reading.draft import Draft
from engine.formats.onnx.reading.files import opset_of
from engine.formats.onnx.reading.folding import folded
from engine.formats.onnx.reading.functions import inlined
from engine.formats.onnx.reading.operator import RULES, Made, Operator
from engine.formats.onnx.reading.patterns import tidied
from engine.formats.onnx.reading.preparation import KEY, data_of
from engine.formats.onnx.reading.strangers import Strangers
from engine.formats.onnx.reading.values import Given, Mixed, Rows, Unmapped, Value, Wire
from engine.layers.arranging import Identity
from engine.layers.base import Shape
from engine.layers.data import Input
from engine.model import Model
from engine.network import Network
from engine.node import Link, Node

__all__ = ["Reading", "imported", "rules"]

OWN = "Netwright"
"""The producer of what was exported here."""
_INDICES = (TensorProto.INT64, TensorProto.INT32)
_DOMAINS = ("", "ai.onnx", "com.microsoft")
_STRANGE = (ArithmeticError, LookupError, TypeError, ValueError, AttributeError, AssertionError)
"""What rules meet where an operator has not the attributes and inputs that ONNX asks for."""
_NUMBERS = (TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.BFLOAT16, TensorProto.DOUBLE)


def imported(model: ModelProto, path: Path) -> Imported:
    """The model of a file. Raises Unreadable."""
    return Reading.of(model, path).imported()


@dataclass
class Reading:
    """One way through a graph."""

    model: ModelProto
    path: Path
    draft: Draft
    values: dict[str, Value] = field(default_factory=dict)
    rows: dict[str, Rows] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    outputs: dict[str, str] = field(default_factory=dict)
    """The node that gives each of the graph's outputs."""
    inputs: dict[str, str] = field(default_factory=dict)
    """The node that takes each of the graph's inputs."""

    @classmethod
    def of(cls, model: ModelProto, path: Path) -> Reading:
        """The graph read. Raises Unreadable."""
        notes: list[Note] = []
        model = inlined(model, notes, path)
        for is_batched in (True, False):
            reading = cls(model, path, Draft(is_batched, model.producer_name == OWN), notes=[*notes])
            try:
                reading.run()
            except Mixed as error:
                if not is_batched:
                    raise Unreadable(f"{error.node or 'it'}: {error.message}", file=str(path)) from None
                why = f"{error.node}: " * bool(error.node) + error.message
                notes.append(Note("approximated", "", f"whole tensors are one sample each, for {why}"))
            else:
                return reading
        raise AssertionError

    @property
    def graph(self) -> GraphProto:
        """What is read."""
        return self.model.graph

    @cached_property
    def strangers(self) -> Strangers:
        """What is done with what no layer stands for."""
        return Strangers(self.model, self.draft, self.initializers)

    @cached_property
    def initializers(self) -> Mapping[str, TensorProto]:
        """The arrays that the file holds."""
        return {tensor.name: tensor for tensor in self.graph.initializer}

    @cached_property
    def uses(self) -> Mapping[str, int]:
        """How often each value is used, within operators' own graphs too."""
        counts = Counter(it.name for it in self.graph.output)
        for node in self.graph.node:
            counts.update(_taken(node))
        return counts

    def run(self) -> None:
        """Reads all operators. Raises Mixed."""
        self._enter()
        curves = Curves(self.draft)
        curves.begin(self.values)
        opset = opset_of(self.model)
        for node in self.graph.node:
            self._read(node, opset, curves)
        self._leave()

    def _enter(self) -> None:
        entering = [it for it in self.graph.input if it.name not in self.initializers]
        shapes = [_dims(it) for it in entering]
        if self.draft.is_batched and not _alike(shapes):
            raise Mixed("its inputs have no axis for samples in common")
        self.draft.samples = next((dims[0] for dims in shapes if dims), -1)
        for value, dims in zip(entering, shapes, strict=True):
            self._input(value, dims)

    def _input(self, value: ValueInfoProto, dims: Shape | None) -> None:
        kind = value.type.tensor_type.elem_type
        if kind not in (*_INDICES, *_NUMBERS) or dims is None:
            self.values[value.name] = self.strangers.input(value)
            return
        sizes = dims[1:] if self.draft.is_batched else dims
        if 0 in sizes:
            raise Unreadable(f"the input {value.name} has an axis of length 0", file=str(self.path))
        layer = Input(sizes=sizes, values="index" if kind in _INDICES else "number")
        (wire,) = self.draft.put(value.name, layer, (), {})
        if kind not in (*_INDICES, TensorProto.FLOAT):
            kind_name = TensorProto.DataType.Name(kind).lower()
            self.draft.tell(
                wire.link.node, Note("approximated", wire.link.node, f"{kind_name} is calculated in float32")
            )
        self.values[value.name] = wire
        self.inputs[value.name] = wire.link.node

    def _read(self, node: NodeProto, opset: int, curves: Curves) -> None:
        name = _name(node, self.draft.is_own)
        entering = tuple(self._value(it) if it else None for it in node.input)
        rows = next((self.rows[it] for it in node.input if it in self.rows), None)
        op = Operator(node, opset, entering, self.draft, name, self.uses, rows)
        before = len(self.draft.nodes)
        try:
            made: Made = self._made(op, curves)
        except Mixed as error:
            if self.draft.is_batched:
                raise Mixed(error.message, node=name) from None
            self._take_back(before)
            made = self.strangers.node(op, error.message)
        except Unreadable as error:
            raise Unreadable(error.message, file=str(self.path)) from None
        except _STRANGE as error:
            self._take_back(before)
            made = self.strangers.node(op, f"is not written as ONNX has it ({error})")
        except NetwrightError as error:
            self._take_back(before)
            made = self.strangers.node(op, error.message)
        if isinstance(made, Rows):
            self.rows[node.output[0]] = made
            return
        parts = [made] if isinstance(made, (Wire, Given)) else made
        for output, value in zip(node.output, parts, strict=False):
            if output and value is not None:
                self.values[output] = value
        curves.follow(op, self.values)

    def _made(self, op: Operator, curves: Curves) -> Made:
        """What an operator makes. Raises Unmapped for what no layer stands for, and Mixed."""
        if op.proto.domain not in _DOMAINS:
            raise Unmapped(f"belongs to {op.proto.domain}")
        if op.rows is not None and op.kind != "Add":
            raise Unmapped("takes rows of a table, as many as there are steps")
        known = folded(op)
        if known is not None:
            return known
        rule = RULES.get(op.kind)
        curve = curves.found(op)
        if curve is not None:
            return curve
        if rule is None:
            raise Unmapped("no layer of the catalogue stands for it")
        return rule(op)

    def _take_back(self, before: int) -> None:
        """Forgets what a rule had drawn before it found that it cannot."""
        for name in list(self.draft.nodes)[before:]:
            node = self.draft.nodes.pop(name)
            self.draft.taken.discard(name)
            for key in [key for key in self.draft.weights if key.rpartition("/")[0] == node.name]:
                del self.draft.weights[key]
            self.draft.owners = {key: owner for key, owner in self.draft.owners.items() if owner != name}

    def _value(self, name: str) -> Value | None:
        if name not in self.values and name in self.initializers:
            self.values[name] = Given(array_of(self.initializers[name], self.path), name)
        return self.values.get(name)

    def _leave(self) -> None:
        for it in self.graph.output:
            value = self._value(it.name)
            if value is None:
                self.notes.append(Note("ignored", it.name, "an output that nothing computes"))
                continue
            self.outputs[it.name] = self._answer(it.name, value)

    def _answer(self, name: str, value: Value) -> str:
        """The link to an output of the graph, which needs a node of its own where the node feeds others too."""
        if isinstance(value, Given):
            op = Operator(NodeProto(op_type="Constant"), 0, (value,), self.draft, name, {})
            value = op.wire(0)
        if value.batch:
            raise Mixed("an output has its samples along another axis than the first", node=name)
        return str(value.link)

    def imported(self) -> Imported:
        """What was read, tidied, with what is told of it."""
        ends = [Link.parse(text) for text in dict.fromkeys(self.outputs.values())]
        nodes = tuple(self.draft.nodes.values())
        kept = needed(Network(nodes), [*(link.node for link in ends), *self.inputs.values(), *self._losses(nodes)])
        network, weights = tidied(kept, self.draft, ends)
        network = _answering(network, ends, self.draft.is_own)
        weights = {key: array for key, array in weights.items() if key.rpartition("/")[0] in network}
        notes = (*self.notes, *self._told(network))
        own = {it.key: it.value for it in self.model.metadata_props} if self.draft.is_own else {}
        data = data_of(own, self.inputs.values())
        model = Model(name=self.graph.name, network=network, data=data, head=self.model.doc_string)
        return Imported(model, weights, notes)

    def _losses(self, nodes: tuple[Node, ...]) -> list[str]:
        return [node.name for node in nodes if node.layer.FAMILY == "loss"]

    def _told(self, network: Network) -> Iterator[Note]:
        yield from (note for name, notes in self.draft.notes.items() if name in network for note in notes)
        if self.draft.renamed:
            yield Note("approximated", "", f"{self.draft.renamed} names have marks that no name may have: _ instead")
        kept = ("netwright", KEY) if self.draft.is_own else ()
        for key in (it.key for it in self.model.metadata_props if it.key not in kept):
            yield Note("ignored", key, "metadata are not kept")
        idle = [name for name in self.initializers if not self.uses.get(name)]
        if idle:
            yield Note("ignored", ", ".join(idle[:5]), f"{len(idle)} arrays that nothing uses")
        dead = [it for it in self.graph.node if not any(self.uses.get(name) for name in it.output)]
        if dead:
            kinds = ", ".join(sorted({it.op_type for it in dead}))
            yield Note("ignored", "", f"{len(dead)} operators whose results nothing uses: {kinds}")
        count = len(self.graph.node)
        yield Note("mapped", "", f"nodes made of its {count} operators and its inputs: {len(network.nodes)}")


def _answering(network: Network, ends: list[Link], is_own: bool) -> Network:
    """With a node that feeds nothing for every output: what feeds others is handed on once more.

    Of Netwright's own outputs one may be what the other, `NODE_probability`, is made of.
    """
    users = network.users
    for link in ends:
        appended = (f"{link.node}_probability",)
        if link.node in network and users[link.node] and not (is_own and users[link.node] == appended):
            name = network.free_name(f"{link.node}_output")
            network = network.add(Node(name, (link,), Identity()))
    return network


def _name(node: NodeProto, is_own: bool) -> str:
    first = next(filter(None, node.output), node.op_type)
    return str(first if is_own or not node.name else node.name)


def _taken(node: NodeProto) -> Iterator[str]:
    yield from filter(None, node.input)
    for attribute in node.attribute:
        for graph in (attribute.g, *attribute.graphs):
            for inner in graph.node:
                yield from _taken(inner)


def _dims(value: ValueInfoProto) -> Shape | None:
    tensor = value.type.tensor_type
    if not value.type.HasField("tensor_type") or not tensor.HasField("shape"):
        return None
    return tuple(dim.dim_value if dim.HasField("dim_value") else -1 for dim in tensor.shape.dim)


def _alike(shapes: list[Shape | None]) -> bool:
    """Whether all begin with an axis that may be the samples'."""
    known = [shape for shape in shapes if shape is not None]
    return all(known) and len({shape[0] for shape in known}) <= 1
