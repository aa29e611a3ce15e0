"""What no layer stands for: kept as an Unknown node with its text, its shapes told by ONNX where that knows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from onnx import GraphProto, ModelProto, TensorProto, ValueInfoProto

from engine.formats.onnx.reading.draft import Draft
from engine.formats.onnx.reading.operator import Operator
from engine.formats.onnx.reading.values import Wire
from engine.layers.base import Shape, Signal
from engine.layers.unknown import Unknown

LONGEST = 65536
"""Bytes of arrays that are kept in the text of an unknown operator."""


@dataclass
class Strangers:
    """Draws unknown nodes."""

    model: ModelProto
    draft: Draft
    initializers: Mapping[str, TensorProto]

    def input(self, value: ValueInfoProto) -> Wire:
        """An input that is no tensor of numbers."""
        layer = Unknown("onnx", "input", 1, _text(GraphProto(input=[value])))
        (wire,) = self.draft.unknown(value.name, layer, (), (None,), "an input that holds no tensor of numbers")
        return wire

    def node(self, op: Operator, why: str) -> tuple[Wire, ...]:
        """An operator, fed by all its inputs that are computed."""
        arrays = [self.initializers[name] for name in op.proto.input if name in self.initializers]
        held = sum(tensor.ByteSize() for tensor in arrays)
        text = _text(GraphProto(node=[op.proto], initializer=arrays if held <= LONGEST else []))
        layer = Unknown("onnx", op.kind, max(1, len(op.proto.output)), text)
        wires = tuple(value for value in op.inputs if isinstance(value, Wire))
        signals = tuple(self._signal(name) for name in op.proto.output) or (None,)
        made = self.draft.unknown(op.name, layer, wires, signals, why)
        if held > LONGEST:
            op.tell("ignored", f"arrays of {held} bytes are not kept with its text")
        return made

    def _signal(self, name: str) -> Signal | None:
        dims, kind = self._inferred.get(name, (None, 0))
        if dims is None or (self.draft.is_batched and not dims):
            return None
        values: Any = "index" if kind in (TensorProto.INT64, TensorProto.INT32) else "number"
        return Signal(dims[1:] if self.draft.is_batched else dims, values)

    @cached_property
    def _inferred(self) -> Mapping[str, tuple[Shape | None, int]]:
        """What ONNX's own inference knows, looked at only where something is unknown."""
        from onnx import shape_inference

        try:
            graph = shape_inference.infer_shapes(_without_weights(self.model)).graph
        except Exception:  # of strange files it says little
            return {}
        return {it.name: (_dims(it), it.type.tensor_type.elem_type) for it in (*graph.value_info, *graph.output)}


def _dims(value: ValueInfoProto) -> Shape | None:
    tensor = value.type.tensor_type
    if not tensor.HasField("shape"):
        return None
    return tuple(dim.dim_value if dim.HasField("dim_value") else -1 for dim in tensor.shape.dim)


def _without_weights(model: ModelProto) -> ModelProto:
    """Large arrays as inputs of their shape: inference needs no more of them."""
    import onnx

    slim = ModelProto(ir_version=model.ir_version, opset_import=model.opset_import)
    slim.graph.name = model.graph.name or "graph"
    slim.graph.node.extend(model.graph.node)
    slim.graph.output.extend(model.graph.output)
    there = {it.name for it in model.graph.input}
    slim.graph.input.extend(model.graph.input)
    for tensor in model.graph.initializer:
        if tensor.ByteSize() < 4096 and tensor.data_location != TensorProto.EXTERNAL:
            slim.graph.initializer.append(tensor)
        elif tensor.name not in there:
            slim.graph.input.append(onnx.helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims))
    return slim


def _text(graph: GraphProto) -> str:
    from google.protobuf import text_format

    return str(text_format.MessageToString(graph, as_utf8=True))
