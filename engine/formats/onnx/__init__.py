"""ONNX: what a network computes when it is deployed, with its weights, for any runtime that knows ONNX."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from onnx import GraphProto, ModelProto, TensorProto, ValueInfoProto, checker, helper

from engine.active import deployment, outputs_of
from engine.backends.graph import Graph, Site, Source, graph_of
from engine.backends.weights import complete
from engine.errors import NetwrightError, Unsupported
from engine.formats.imported import Imported
from engine.formats.onnx import (
    activations,
    arranging,
    attention,
    distributed,
    normalization,
    pooling,
    recurrent,
    resampling,
    stated,
)
from engine.formats.onnx.rules import rule
from engine.formats.onnx.scope import Array, Operators, Scope
from engine.layers.base import Signal
from engine.network import Network
from engine.node import Link
from engine.version import version

__all__ = [
    "OPSET",
    "OPSETS",
    "activations",
    "arranging",
    "attention",
    "check",
    "distributed",
    "export",
    "normalization",
    "outputs_of",
    "pooling",
    "read",
    "recurrent",
    "resampling",
    "stated",
]

OPSET = 17
"""What runtimes of the last years know; layer normalisation is an operator since then."""
OPSETS = range(13, 24)
LARGEST = 2**31 - 2**20
"""Bytes of weights that one protobuf message holds, with room for the rest."""

_TYPES = {"number": TensorProto.FLOAT, "index": TensorProto.INT64}


def read(path: Path) -> Imported:
    """A file of any of ONNX's forms as a model. Raises Unreadable."""
    from engine.formats.onnx import reading

    return reading.read(path)


def export(
    network: Network,
    weights: Mapping[str, Array],
    *,
    name: str = "",
    opset: int = OPSET,
    properties: Mapping[str, str] | None = None,
) -> ModelProto:
    """The deployed network with its weights; any batch size, and any length where a shape says -1.

    Its outputs are what the losses are fed with, and `NODE_probability` where a loss has a link. `properties` go into
    `metadata_props`. Raises Unsupported for a layer that ONNX cannot hold and NetwrightError for missing weights.
    """
    _check_opset(opset)
    deployed = deployment(network)
    graph = graph_of(deployed.network)
    arrays = complete({name: parameter.shape for name, parameter in graph.parameters.items()}, weights)
    if sum(array.nbytes for array in arrays.values()) > LARGEST:
        raise Unsupported("its weights are larger than the 2 GB that an ONNX file holds")
    entry = next((site.name for site in graph.inputs), "")
    operators = Operators(opset, arrays, frozenset(site.name for site in graph.sites), entry)
    values = _compose(graph, operators)
    outputs = [_output(link, graph, values, operators) for link in outputs_of(deployed)]
    inputs = [_value(site.name, site.outputs[0]) for site in graph.inputs]
    body = helper.make_graph(operators.nodes, name or "network", inputs, outputs, list(operators.arrays.values()))
    model = _model(body, opset)
    helper.set_model_props(model, {"netwright": version(), **(properties or {})})
    checker.check_model(model, full_check=True)
    return model


def check(network: Network, opset: int = OPSET) -> None:
    """Raises Unsupported where `export` would for a layer, whatever the weights are."""
    graph = graph_of(deployment(network).network)
    noughts = {name: np.broadcast_to(np.float32(0), parameter.shape) for name, parameter in graph.parameters.items()}
    entry = next((site.name for site in graph.inputs), "")
    _compose(graph, Operators(opset, noughts, frozenset(site.name for site in graph.sites), entry, is_kept=False))


def _check_opset(opset: int) -> None:
    if opset not in OPSETS:
        raise NetwrightError(f"opset {opset} is not written; those from {OPSETS[0]} to {OPSETS[-1]} are")


def _compose(graph: Graph, operators: Operators) -> dict[Source, str]:
    """Writes the operators of all sites; the names of all values that flow between them."""
    values: dict[Source, str] = {}
    for site in graph.sites:
        if site.is_fed:
            values[site.name, 0] = site.name
        else:
            made = _placed(site, tuple(values[source] for source in site.feeds), operators)
            values |= {(site.name, place): name for place, name in enumerate(made)}
    return values


def _placed(site: Site, inputs: tuple[str, ...], operators: Operators) -> tuple[str, ...]:
    """Writes one layer; what leaves it is called as the links to it are."""
    made = rule(site.layer, Scope(site, inputs, operators))
    names = made if isinstance(made, tuple) else (made,)
    links = (str(Link(site.name, place)) for place in range(len(names)))
    return tuple(
        name if name in inputs else _called(name, link, operators) for name, link in zip(names, links, strict=True)
    )


def _called(made: str, link: str, operators: Operators) -> str:
    last = next(node for node in reversed(operators.nodes) if made in node.output)
    last.output[list(last.output).index(made)] = link
    return link


def _output(link: Link, graph: Graph, values: Mapping[Source, str], operators: Operators) -> ValueInfoProto:
    """An output under the name of its node; a layer that does nothing when deployed hands on what entered it."""
    made = values[link.node, link.output]
    if made != str(link):
        operators.nodes.append(helper.make_node("Identity", [made], [str(link)], f"{link}/Identity"))
    return _value(str(link), graph.signals[link.node, link.output])


def _value(name: str, signal: Signal) -> ValueInfoProto:
    axes: Sequence[int | str] = ["batch", *_axes(name, signal)]
    return helper.make_tensor_value_info(name, _TYPES[signal.values], axes)


def _axes(name: str, signal: Signal) -> Iterator[int | str]:
    for place, length in enumerate(signal.shape):
        yield f"{name}_{place}" if length < 0 else length


def _model(body: GraphProto, opset: int) -> ModelProto:
    opsets = [helper.make_opsetid("", opset)]
    return helper.make_model(
        body,
        opset_imports=opsets,
        ir_version=helper.find_min_ir_version_for(opsets),
        producer_name="Netwright",
        producer_version=version(),
    )
