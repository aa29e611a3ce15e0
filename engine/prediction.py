"""What a trained model says to inputs from outside: classes with probabilities, or numbers."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engine.active import Deployment, active, deployment, executed
from engine.backends import backend
from engine.backends.base import Array, Batch, Plan
from engine.data.outside import prepare
from engine.errors import NetwrightError
from engine.layers.activation import Sigmoid, Softmax
from engine.layers.data import Input
from engine.layers.loss import Loss
from engine.model import Model
from engine.network import Network
from engine.opening import Opened
from engine.training.runs import Run, is_run
from engine.weights import read_weights

Given = str | Path | Array | Mapping[str, Any]
"""A file, a text, an array as its column has it, or a table's row."""

Runner = Callable[[Batch], Mapping[str, Array]]
"""Gives the deployed network's outputs, by name, for prepared inputs."""

ONNXRUNTIME = "onnxruntime"


@dataclass(frozen=True)
class Predictor:
    """A deployed network ready to be asked."""

    model: Model
    opened: Opened
    deployed: Deployment
    labels: Mapping[str, Sequence[str]]
    """Names of the classes by output."""
    run: Runner

    @property
    def inputs(self) -> tuple[str, ...]:
        """The nodes that are to be fed; the masks of what others are fed with follow from it."""
        nodes = (node.name for node in self.deployed.network.nodes if isinstance(node.layer, Input))
        return tuple(name for name in nodes if name not in self._masks)

    @property
    def _masks(self) -> Mapping[str, str]:
        """The masks that the network takes, each with the node that it is of."""
        network = self.deployed.network
        return {feed.node: feed.mask_of for feed in self.model.data.feeds if feed.mask_of and feed.node in network}

    def prepared(self, given: Mapping[str, Given]) -> Batch:
        """What is given, as the network takes it. Raises DataError, and NetwrightError for an input that is not fed."""
        missing = [name for name in self.inputs if name not in given]
        if missing:
            raise NetwrightError(f"nothing is given for the input {', '.join(missing)}", hint="--input node=file")
        model, base = self.model, self.opened.base
        fed = {**{name: name for name in self.inputs}, **self._masks}
        return {name: prepare(model.data, model.network, name, given[of], base) for name, of in fed.items()}

    def answers(self, batch: Batch, top: int) -> list[dict[str, Any]]:
        """For each sample `top` classes, the likeliest first, or `output`; `outputs` where there are several."""
        values = self.run(batch)
        names = [str(link) for link in self.deployed.outputs]
        told = [[self._told(name, sample, top) for sample in values[name]] for name in names]
        if len(names) == 1:
            return told[0]
        return [{"outputs": dict(zip(names, sample, strict=True))} for sample in zip(*told, strict=True)]

    def timed(self, batch: Batch, top: int) -> tuple[list[dict[str, Any]], float]:
        """The answers, and the milliseconds that they took."""
        begin = time.perf_counter()
        answers = self.answers(batch, top)
        return answers, 1000 * (time.perf_counter() - begin)

    def _told(self, name: str, sample: Array, top: int) -> dict[str, Any]:
        node = self.deployed.network.by_name.get(name)
        rule = TELL.get(type(node.layer)) if node else None
        shares = rule(node.layer, sample) if rule and node else None
        if shares is None:
            return {"output": sample.tolist()}
        labels = self.labels.get(name) or [str(number) for number in range(len(shares))]
        best = np.argsort(-shares, kind="stable")[:top]
        return {"top": [{"label": labels[place], "score": float(shares[place])} for place in best.tolist()]}


def _of_softmax(layer: Softmax, sample: Array) -> Array | None:
    """The share of each class; of a sequence that of its last place."""
    shares = np.moveaxis(sample, layer.axis, -1)
    return shares.reshape(-1, shares.shape[-1])[-1] if shares.ndim <= 2 else None


def _of_sigmoid(layer: Sigmoid, sample: Array) -> Array | None:
    """Of one decision no and yes."""
    return np.array([1 - sample.item(), sample.item()]) if sample.size == 1 else None


TELL: Mapping[type[Any], Callable[[Any, Array], Array | None]] = {Softmax: _of_softmax, Sigmoid: _of_sigmoid}


def predictor(opened: Opened, plan: Plan) -> Predictor:
    """What answers for a model with weights. Raises NetwrightError where it has none."""
    if opened.weights is None:
        raise NetwrightError("has no weights yet", file=str(opened.path), hint="train it, and name the run instead")
    model = opened.model
    deployed = deployment(model.network)
    make = _onnxruntime if plan.backend == ONNXRUNTIME else _program
    run = make(model, deployed, read_weights(opened.weights), plan)
    return Predictor(model, opened, deployed, labels_of(opened, deployed), run)


def _program(model: Model, deployed: Deployment, weights: Mapping[str, Array], plan: Plan) -> Runner:
    whole = executed(model)
    program = backend(plan.backend).build(whole.network, model.recipe, plan, weights)
    names = tuple(str(link) for link in deployed.outputs)
    return lambda batch: program.predict(batch, names)


def _onnxruntime(model: Model, deployed: Deployment, weights: Mapping[str, Array], plan: Plan) -> Runner:
    import onnxruntime

    from engine.formats.onnx import export

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = plan.threads
    exported = export(model.network, weights).SerializeToString()
    session = onnxruntime.InferenceSession(exported, options, providers=["CPUExecutionProvider"])
    names = [str(link) for link in deployed.outputs]
    return lambda batch: dict(zip(names, session.run(names, dict(batch)), strict=True))


def labels_of(opened: Opened, deployed: Deployment) -> dict[str, Sequence[str]]:
    """The classes' names by output: those of the run, else what the data section says."""
    folder = opened.path.parent
    known: dict[str, Sequence[str]] = {feed.node: feed.labels for feed in opened.model.data.feeds if feed.labels}
    known |= Run(folder).labels if is_run(folder) else {}
    answering = _targets(active(opened.model.network))
    sources = {str(link): fed.node for link, fed in zip(deployed.outputs, deployed.fed, strict=True)}
    return {
        output: known[target] for output, source in sources.items() if (target := answering.get(source, "")) in known
    }


def _targets(network: Network) -> dict[str, str]:
    """What each node that feeds a loss is compared with."""
    wires = ({wire.slot: wire.node for wire in n.wires} for n in network.nodes if isinstance(n.layer, Loss))
    return {wire["x"]: wire["target"] for wire in wires if wire.keys() >= {"x", "target"}}
