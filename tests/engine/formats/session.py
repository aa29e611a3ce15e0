"""A layer alone as an ONNX file, and onnxruntime to run it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import onnx
import onnxruntime

from engine.layers.arranging import Identity
from engine.layers.data import Input
from engine.network import Network
from engine.node import Link, Node
from tests.engine.cases import Case


def network_of(it: Case) -> Network:
    """The layer as the node `it`, fed by the inputs `x0` …"""
    inputs = tuple(
        Node(f"x{place}", (), Input(sizes=signal.shape, values=signal.values, classes=signal.classes))
        for place, signal in enumerate(it.signals)
    )
    return Network((*inputs, Node("it", tuple(Link(node.name) for node in inputs), it.layer)))


def inputs_and(it: Case) -> Network:
    """With a node `y0` … behind each output."""
    names = [f"y{place}" for place in range(len(it.layer.outputs(*it.signals)))]
    passed_on = tuple(Node(name, (Link("it", place),), Identity()) for place, name in enumerate(names))
    return Network((*network_of(it).nodes, *passed_on))


def session_of(model: onnx.ModelProto) -> onnxruntime.InferenceSession:
    """One thread, and only errors told."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def run(model: onnx.ModelProto, names: Sequence[str], arrays: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    """The outputs `names`, for arrays that are made int64 or float32."""
    feed = {name: x.astype(np.int64 if x.dtype.kind == "i" else np.float32) for name, x in arrays.items()}
    made: list[np.ndarray] = session_of(model).run(list(names), feed)
    return made
