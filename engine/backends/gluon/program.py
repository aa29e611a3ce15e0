"""A network as an MXNet program: weights, gradients, optimiser and an executor for every size of batch."""

from __future__ import annotations

import ctypes
import os
from collections import OrderedDict
from collections.abc import Iterator, Mapping

import numpy as np

from engine.backends.averages import Averages
from engine.backends.base import Array, Batch, Plan
from engine.backends.batches import cut, entering, size_of
from engine.backends.gluon.executor import Arrays, Executor
from engine.backends.gluon.framework import mx
from engine.backends.gluon.optimizers import SIGNS, Arithmetic, NDArray, clip_gradients, grouped, update
from engine.backends.gluon.outcome import GluonPending, Part, Value, as_numpy, to_numpy
from engine.backends.graph import Graph, Site, Source, random_seed
from engine.backends.phases import check_trains, phases_of
from engine.backends.refusals import Refusals, refuse
from engine.backends.weights import Floats, beginning, complete
from engine.errors import Unsupported
from engine.layers.base import Layer, Shape
from engine.layers.pooling import MaxPooling
from engine.network import Network
from engine.training.recipe import Recipe

SIZES = 8
"""Executors that are kept, one for each size of batch and length of sequence; each holds its own activations."""

TAKEN: dict[str, tuple[tuple[object, ...], str]] = {
    "precision": (("float32", "auto"), "not all of its operators learn in less than float32; torch's do"),
    "layout": (("channels_first",), "its operators want the channels first"),
    "compiled": ((False,), "it always runs a graph of its own"),
}
"""What a plan may say, and why nothing else."""


def _rounds_up(layer: Layer, site: Site) -> bool:
    return isinstance(layer, MaxPooling) and layer.rounding == "ceil"


IN_ANY_ORDER: Refusals = {MaxPooling: _rounds_up}
"""What MXNet's own kernels add up with atomics on a GPU, for want of one of cuDNN's."""


class GluonProgram:
    """As `Program`."""

    def __init__(
        self, network: Network, recipe: Recipe, plan: Plan, weights: Mapping[str, Array], outputs: tuple[str, ...]
    ) -> None:
        self._recipe = recipe
        self._phases = phases_of(network, recipe, outputs)
        _check_plan(plan, self._phases.training.graph)
        context = _context(plan.device)
        begin = beginning(self._phases.whole.parameters, weights, recipe.seed)
        tensors = {name: mx.nd.array(values, context, np.float32) for name, values in begin.items()}
        wanted = _with_gradients(self._phases.training.graph)
        self._arrays = Arrays(tensors, {name: mx.nd.zeros_like(tensors[name]) for name in wanted}, context)
        self._groups = grouped(
            self._phases.training.graph, tensors, self._arrays.gradients, recipe.optimizer.rule.state
        )
        self._averages = Averages(recipe.average, tensors, Arithmetic())
        self._is_random = any(site.layer.PHASES for site in self._phases.training.graph.sites)
        self._executors: OrderedDict[tuple[object, ...], Executor] = OrderedDict()
        self._step = 0

    def train_step(self, batch: Batch, learning_rate: float, step: int) -> GluonPending:
        check_trains(self._phases.training)
        self._averages.learn()
        self._begin(step)
        parts = self._learn(self._phases.training_batch(batch, step))
        clip_gradients(self._recipe.clip, [gradient for group in self._groups for gradient in group.gradients])
        for group in self._groups:
            update(self._recipe.optimizer.rule, group, learning_rate * group.rate, step + 1)
        self._averages.follow(step + 1)
        return GluonPending(self._phases.training, parts)

    def evaluate(self, batch: Batch) -> GluonPending:
        phase = self._phases.validation
        self._averages.answer()
        return GluonPending(phase, [Part(1.0, self._run("validation", phase.graph, phase.kept, batch))])

    def predict(self, batch: Batch, nodes: tuple[str, ...]) -> Mapping[str, Array]:
        graph, kept = self._phases.towards(nodes)
        self._averages.answer()
        values = self._run(nodes, graph, kept, batch)
        return {node: to_numpy(values[source], graph.signals[source]) for node, source in zip(nodes, kept, strict=True)}

    def weights(self) -> dict[str, Floats]:
        return {name: array.asnumpy() for name, array in self._averages.answering().items()}

    def load_weights(self, weights: Mapping[str, Array]) -> None:
        _fill(self._arrays.weights, weights)
        self._averages.begin()

    def state(self) -> dict[str, Floats]:
        return {
            name: array.asnumpy() * np.float32(SIGNS.get(name.rpartition("/")[2], 1.0))
            for name, array in self._states().items()
        }

    def load_state(self, state: Mapping[str, Array]) -> None:
        _fill(self._states(), {name: array * SIGNS.get(name.rpartition("/")[2], 1.0) for name, array in state.items()})

    def first_non_finite(self, batch: Batch) -> str:
        phase = self._phases.training
        self._averages.learn()
        before = {name: array.copy() for name, array in self._arrays.weights.items()}
        self._begin(self._step)
        batch = self._phases.training_batch(batch, self._step)
        values = self._run("everything", phase.graph, phase.graph.sources, batch, phase.losses)
        for name, array in before.items():  # running averages have moved
            array.copyto(self._arrays.weights[name])
        return next(self._not_finite(phase.graph, values), "")

    def _not_finite(self, graph: Graph, values: Mapping[Source, Value]) -> Iterator[str]:
        """The sites with a weight or value that is not finite, then those with such a gradient."""
        for site in graph.sites:
            weights = [self._arrays.weights[name] for name in site.weights.values()]
            found = [*weights, *(values[site.name, place] for place in range(len(site.outputs)))]
            if not all(np.isfinite(as_numpy(array)).all() for array in found):
                yield site.name
        for site in graph.sites:
            found = [self._arrays.gradients[name] for name in site.weights.values() if name in self._arrays.gradients]
            if not all(np.isfinite(as_numpy(array)).all() for array in found):
                yield site.name

    def _begin(self, step: int) -> None:
        """Every random choice follows from the seed and the step."""
        self._step = step
        if self._is_random:
            mx.random.seed(random_seed(self._recipe.seed, step))

    def _learn(self, batch: Batch) -> list[Part]:
        """What the pieces of a batch give; the gradients of all together are left in the arrays."""
        phase = self._phases.training
        if self._recipe.accumulate == 1:
            return [Part(1.0, self._run("training", phase.graph, phase.kept, batch, phase.losses))]
        parts: list[Part] = []
        total = {name: mx.nd.zeros_like(array) for name, array in self._arrays.gradients.items()}
        for share, piece in cut(batch, self._recipe.accumulate):
            parts.append(Part(share, self._run("training", phase.graph, phase.kept, piece, phase.losses)))
            for name, array in self._arrays.gradients.items():
                total[name] += share * array
        for name, array in total.items():
            array.copyto(self._arrays.gradients[name])
        return parts

    def _run(
        self,
        purpose: object,
        graph: Graph,
        kept: tuple[Source, ...],
        batch: Batch,
        factors: Mapping[str, float] | None = None,
    ) -> dict[Source, Value]:
        given = entering(batch, graph)
        entered = {(name, 0): array for name, array in given.items()}
        computed = tuple(source for source in kept if source not in entered)
        values: dict[Source, Value] = {source: entered[source] for source in kept if source in entered}
        if computed:
            values |= self._executor(purpose, graph, computed, given, factors)(given)
        return values

    def _executor(
        self,
        purpose: object,
        graph: Graph,
        kept: tuple[Source, ...],
        given: Mapping[str, Array],
        factors: Mapping[str, float] | None,
    ) -> Executor:
        """The executor for batches of this size; the one that was needed least lately makes way for it."""
        key = (purpose, *(array.shape for array in given.values()))
        executor = self._executors.pop(key, None)
        if executor is None:
            shapes: dict[str, Shape] = {name: array.shape[1:] for name, array in given.items()}
            executor = Executor(graph.sized(shapes), self._arrays, size_of(given) or 1, kept, factors)
        self._executors[key] = executor
        if len(self._executors) > SIZES:
            self._executors.popitem(last=False)
        return executor

    def _states(self) -> dict[str, NDArray]:
        kept = {
            f"{name}/{state}": array
            for group in self._groups
            for state, arrays in group.state.items()
            for name, array in zip(group.names, arrays, strict=True)
        }
        return kept | self._averages.learning()


def _with_gradients(graph: Graph) -> list[str]:
    """What gradients are asked for: all of a node where one of its weights learns.

    MXNet's FullyConnected gives no gradient of the bias where none of the weight is wanted.
    """
    together = [site.weights.values() for site in graph.sites]
    learned = [names for names in together if any(graph.parameters[name].learns for name in names)]
    return list(dict.fromkeys(name for names in learned for name in names if graph.parameters[name].is_trainable))


def _check_plan(plan: Plan, graph: Graph) -> None:
    for field, (taken, reason) in TAKEN.items():
        if getattr(plan, field) not in taken:
            raise Unsupported(f"the mxnet backend does not take {field} {getattr(plan, field)}: {reason}")
    if plan.threads:
        mx.base._LIB.MXSetNumOMPThreads(ctypes.c_int(plan.threads))
    if plan.deterministic and plan.device != "cpu":
        refuse(graph, IN_ANY_ORDER, "MXNet adds up in any order on a GPU", "train without --deterministic")
        os.environ["MXNET_ENFORCE_DETERMINISM"] = "1"  # cuDNN then takes algorithms that repeat every bit


def _context(device: str) -> object:
    kind, _, number = device.partition(":")
    return mx.gpu(int(number)) if kind == "gpu" else mx.cpu()


def _fill(arrays: Mapping[str, NDArray], given: Mapping[str, Array]) -> None:
    fitting = complete({name: array.shape for name, array in arrays.items()}, given)
    for name, array in arrays.items():
        # Not `array[:] =`: what a convolution has used may lie in a layout of its own, which that cannot write to.
        mx.nd.array(fitting[name], array.context, np.float32).copyto(array)
