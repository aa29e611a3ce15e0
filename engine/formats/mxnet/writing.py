"""MXNet written: the symbols that the backend's own rules make, for any number of samples, with their arrays."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engine.active import deployment, outputs_of
from engine.backends.gluon.framework import mx
from engine.backends.gluon.rules import ANY, Beside, Place, S, Symbol, symbol
from engine.backends.graph import Graph, Site, Source, graph_of
from engine.backends.weights import complete
from engine.formats.mxnet.limits import check
from engine.formats.mxnet.values import Array
from engine.network import Network

SPELLINGS = {"scale": "gamma", "shift": "beta", "running_mean": "moving_mean", "running_variance": "moving_var"}
"""What MXNet calls weights that are called otherwise here."""

HEAD = "head:"
"""How what becomes an output is called until it gets its name; no node is called so."""


@dataclass(frozen=True)
class Exported:
    """A symbol's text, and its arrays as they are named in its file."""

    text: str
    arrays: Mapping[str, Array]


@dataclass
class _Names:
    """Which names are taken, and what operators are called in the end."""

    taken: set[str]
    final: dict[str, str] = field(default_factory=dict)

    def free(self, name: str) -> str:
        """`name`, or with a mark behind it where it is taken; taken now."""
        while name in self.taken:
            name += "'"
        self.taken.add(name)
        return name


def export(network: Network, weights: Mapping[str, Array], marks: Mapping[str, Mapping[str, str]]) -> Exported:
    """The deployed network; `marks` are texts to be kept at its inputs and outputs, by their names.

    Raises Unsupported for what MXNet cannot hold, and NetwrightError for missing weights.
    """
    deployed = deployment(network)
    graph = graph_of(deployed.network)
    check(graph)
    arrays = complete({name: parameter.shape for name, parameter in graph.parameters.items()}, weights)
    links = outputs_of(deployed)
    names = _Names({site.name for site in graph.sites} | set(map(str, links)))
    called = {name: names.free(_spelled(name)) for name in graph.parameters}
    beside = Beside()
    values = _values(graph, called, names, beside)
    heads = [_head(values[link.node, link.output], str(link), names) for link in links]
    whole = S.Group(heads)
    known = {called[name]: array for name, array in arrays.items()} | beside.constants
    text, renamed = _text(whole, names, marks)
    kinds = {"arg": whole.list_arguments(), "aux": whole.list_auxiliary_states()}
    held = {f"{kind}:{renamed.get(n, n)}": known[n] for kind, listed in kinds.items() for n in listed if n in known}
    return Exported(text, {name: np.asarray(array, np.float32) for name, array in held.items()})


def _spelled(name: str) -> str:
    node, _, weight = name.rpartition("/")
    return f"{node}_{SPELLINGS.get(weight, weight)}"


def _values(graph: Graph, called: Mapping[str, str], names: _Names, beside: Beside) -> dict[Source, Symbol]:
    """The symbols of all values that flow."""
    variables = {name: S.var(called[name], shape=it.shape) for name, it in graph.parameters.items()}
    values: dict[Source, Symbol] = {}
    for site in graph.inputs:
        shape = (0, *(max(0, length) for length in site.outputs[0].shape))  # 0: any length
        values[site.name, 0] = S.var(site.name, shape=shape)
    entry = next(iter(values.values()), None)
    for site in graph.sites:
        if site.is_fed:
            continue
        weights = {weight: variables[name] for weight, name in site.weights.items()}
        entering = tuple(None if source is None else values[source] for source in site.sources)
        with mx.name.Prefix(f"{site.name}_"):
            made = symbol(site.layer, Place(site, weights, ANY, False, beside, entry), *entering)
        values |= dict(_called(site, made if isinstance(made, tuple) else (made,), entering, names))
    return values


def _called(
    site: Site, made: Sequence[Symbol], entering: Sequence[Symbol], names: _Names
) -> Iterator[tuple[Source, Symbol]]:
    """What leaves a layer, under its name; a layer that does nothing hands on what entered it."""
    passed = {each.name for each in entering if each is not None}
    for place, each in enumerate(made):
        if each.name not in passed:
            names.final[each.name] = f"{site.name}:{place}" if place else site.name
        yield (site.name, place), each


def _head(value: Symbol, name: str, names: _Names) -> Symbol:
    """An output under its own name."""
    if names.final.get(value.name) == name:
        return value
    with mx.name.Prefix(HEAD):
        made = S.identity(value, name=name)
    names.final[made.name] = name
    return made


def _text(whole: Symbol, names: _Names, marks: Mapping[str, Mapping[str, str]]) -> tuple[str, Mapping[str, str]]:
    """The symbol as JSON, and the names of variables that have been changed."""
    saved: dict[str, Any] = json.loads(whole.tojson())
    renamed: dict[str, str] = {}
    for node in saved["nodes"]:
        name = node["name"]
        if node["op"] != "null" and name in names.final:
            node["name"] = names.final[name]
        elif name.startswith("constant:"):
            _, of, number = name.split(":")
            node["name"] = renamed[name] = names.free(f"{of}_constant{number}")
        elif node["op"] != "null" and name in names.taken:
            node["name"] = names.free(name)
        given = marks.get(node["name"], {})
        if given:
            node["attrs"] = {**node.get("attrs", {}), **given}
    return json.dumps(saved, indent=2, ensure_ascii=False) + "\n", renamed
