"""The operator cases of onnx.backend.test: which of them are about layers, and what our engine makes of each."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, numpy_helper

from engine.backends import backend
from engine.backends.base import Plan
from engine.formats.onnx.reading.graph import Reading
from engine.layers.loss import Loss
from engine.layers.unknown import Unknown
from engine.training.recipe import Recipe

FLOATS = (TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.BFLOAT16, TensorProto.DOUBLE)

_KINDS = """
Conv ConvTranspose AveragePool MaxPool LpPool GlobalAveragePool GlobalMaxPool BatchNormalization
GroupNormalization InstanceNormalization LRN LayerNormalization LpNormalization MeanVarianceNormalization
RMSNormalization Celu Clip Elu Gelu HardSigmoid HardSwish Hardmax LeakyRelu LogSoftmax Mish PRelu Relu Selu
Shrink Sigmoid Softmax Softplus Softsign Swish Tanh ThresholdedRelu Abs Add Ceil Cos Div Erf Exp Floor Log Max
Mean Min Mod Mul Neg Pow Reciprocal Round Sign Sin Sqrt Sub Sum Gemm MatMul Concat DepthToSpace Expand Flatten
Gather Identity Pad Reshape Slice SpaceToDepth Split Squeeze Tile Transpose Unsqueeze Where ReduceL1 ReduceL2
ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare Resize
Upsample GRU LSTM RNN Attention Dropout NegativeLogLikelihoodLoss SoftmaxCrossEntropyLoss
"""
KINDS = frozenset(_KINDS.split())
"""Operators of the kind that layers are made of."""


@dataclass(frozen=True)
class OperatorCase:
    """One case: a model of one operator, what enters and what must leave."""

    name: str
    model: ModelProto
    inputs: tuple[Any, ...]
    outputs: tuple[Any, ...]

    @property
    def node(self) -> NodeProto:
        """The operator."""
        return self.model.graph.node[0]


@functools.cache
def cases() -> tuple[OperatorCase, ...]:
    """All float32 inference cases of one operator of KINDS, functions spelled out left out."""
    from onnx.backend.test.case.node import collect_testcases

    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        found = collect_testcases(None)
    return tuple(
        OperatorCase(it.name, it.model, *map(tuple, it.data_sets[0])) for it in found if _counts(it.name, it.model)
    )


def _counts(name: str, model: ModelProto) -> bool:
    kinds = [it.type.tensor_type.elem_type for it in (*model.graph.input, *model.graph.output)]
    floats = {kind for kind in kinds if kind in FLOATS}
    nodes = model.graph.node
    return len(nodes) == 1 and nodes[0].op_type in KINDS and floats == {TensorProto.FLOAT} and _infers(model)


def _infers(model: ModelProto) -> bool:
    """Nothing that is random, or that learns."""
    (node,) = model.graph.node
    training = {it.name: it for it in node.attribute}.get("training_mode")
    return not (training is not None and training.i) and not (node.op_type == "Dropout" and len(node.input) > 2)


def fixed(model: ModelProto, arrays: tuple[Any, ...], places: Iterable[int]) -> ModelProto:
    """With the inputs at `places` as initialisers: weights, axes and sizes, which layers hold themselves."""
    made = ModelProto()
    made.CopyFrom(model)
    for place in places:
        value = model.graph.input[place]
        made.graph.initializer.append(numpy_helper.from_array(np.asarray(arrays[place]), value.name))
    return made


def check(case: OperatorCase, engine: str, rtol: float = 1e-3, atol: float = 1e-5) -> str:
    """Why the case is not passed: what a reader says of it; "" where all its numbers are right.

    It is read with all inputs fed, and, where that leaves something unknown, with all but the first fixed. Raises
    AssertionError for a wrong number.
    """
    reasons = []
    count = len(case.model.graph.input)
    for first in dict.fromkeys((count, 1, 2)):
        if first <= count:
            places = set(range(first, count))
            why = _checked(case, fixed(case.model, case.inputs, sorted(places)), places, engine, rtol, atol)
            if not why:
                return ""
            reasons.append(why)
    return reasons[1] if count > 1 else reasons[0]


def _checked(case: OperatorCase, model: ModelProto, places: set[int], engine: str, rtol: float, atol: float) -> str:
    from engine.errors import Unreadable

    try:
        reading = Reading.of(model, Path(f"{case.name}.onnx"))
    except Unreadable as error:
        return error.message
    imported = reading.imported()
    network = imported.model.network
    unknown = [note.text for note in imported.notes if note.fate == "unknown"]
    if unknown or any(isinstance(node.layer, Unknown) for node in network.nodes):
        return "; ".join(unknown)
    for it, wanted in zip(reading.graph.output, case.outputs, strict=True):
        if it.name not in reading.outputs:
            return f"{it.name} is not computed"
        del wanted
    is_batched = reading.draft.is_batched
    fed = {
        reading.inputs[it.name]: np.asarray(array) if is_batched else np.asarray(array)[None]
        for place, (it, array) in enumerate(zip(model.graph.input, case.inputs, strict=True))
        if place not in places and it.name in reading.inputs
    }
    if not fed:
        return "nothing is left to feed"
    names = tuple(reading.outputs[it.name] for it in reading.graph.output)
    losses = {node.name for node in network.nodes if isinstance(node.layer, Loss)}
    try:
        program = backend(engine).build(network, Recipe(), Plan(engine, threads=1), imported.weights)
        with np.errstate(all="ignore"):
            made = program.evaluate(fed).fetch().losses if losses else program.predict(fed, names)
    except Exception as error:
        if type(error).__name__ == "MXNetError" and "<= 6" in str(error):
            return "MXNet does not exchange more than six axes"
        raise
    for name, wanted in zip(names, case.outputs, strict=True):
        array = np.asarray(made[name])
        array = array if is_batched or name in losses else array[0]
        assert array.shape == np.shape(wanted), f"{case.name}: {name} is {array.shape}, not {np.shape(wanted)}"
        np.testing.assert_allclose(array, wanted, rtol, atol, err_msg=case.name)
    return ""
