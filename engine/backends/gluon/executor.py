"""A graph bound to arrays for one size of batch: MXNet's symbolic executor, with gradients where it learns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.backends.base import Array
from engine.backends.gluon.framework import mx
from engine.backends.gluon.optimizers import NDArray
from engine.backends.gluon.rules import Beside, Place, S, Symbol, symbol
from engine.backends.graph import Graph, Source


@dataclass(frozen=True)
class Arrays:
    """What executors of every size share: all weights, and the gradients of those that learn."""

    weights: Mapping[str, NDArray]
    gradients: Mapping[str, NDArray]
    context: Any

    def empty(self, *shape: int) -> NDArray:
        """Noughts on the device."""
        return mx.nd.zeros(shape, self.context)


@dataclass(frozen=True)
class Average:
    """The running mean and variance of a batch normalisation."""

    running: tuple[NDArray, NDArray]
    momentum: float

    def follow(self, mean: NDArray, variance: NDArray) -> None:
        """Gives the batch its share."""
        # As if they were weights, w = (1 − lr·wd)·w + lr·g: both in one operator.
        mx.nd.multi_sgd_update(
            self.running[0],
            mean,
            self.running[1],
            variance,
            out=list(self.running),
            num_weights=2,
            rescale_grad=-1.0,
            lrs=(self.momentum, self.momentum),
            wds=(1.0, 1.0),
        )


class Executor:
    """Runs `graph`, whose shapes are all known, for batches of `batch` samples and keeps the values of `kept`.

    With `factors`, the losses and the factor of each, it learns: it leaves the gradients of their sum in the arrays.
    """

    def __init__(
        self,
        graph: Graph,
        arrays: Arrays,
        batch: int,
        kept: tuple[Source, ...],
        factors: Mapping[str, float] | None = None,
    ) -> None:
        self._kept = kept
        self._learns = factors is not None
        self._inputs = {site.name: arrays.empty(batch, *site.outputs[0].shape) for site in graph.inputs}
        beside = Beside()
        values = _values(graph, batch, self._learns, beside)
        heads = [values[source] for source in kept]
        self._averages = tuple(_averages(beside, arrays))
        heads += [value for moments in beside.moments for value in moments.values]
        heads = [S.BlockGrad(head) for head in heads]
        if factors:
            heads.append(S.MakeLoss(sum(values[name, 0] * factor for name, factor in factors.items())))
        known = {
            **arrays.weights,
            **{f"input:{name}": array for name, array in self._inputs.items()},
            **{name: mx.nd.array(array, arrays.context, np.float32) for name, array in beside.constants.items()},
        }
        self._executor = _bind(S.Group(heads), known, arrays.gradients if self._learns else {}, arrays.context)

    def __call__(self, given: Mapping[str, Array]) -> dict[Source, NDArray]:
        """The kept values of a batch, copied, for the next batch overwrites the executor's own."""
        for name, array in self._inputs.items():
            lent(given[name]).copyto(array)
        self._executor.forward(is_train=self._learns)
        if self._learns:
            self._executor.backward()
        outputs = iter(self._executor.outputs)
        made = {source: next(outputs).copy() for source in self._kept}
        for average in self._averages:
            average.follow(next(outputs), next(outputs))
        return made


def lent(array: Array) -> NDArray:
    """`array` in float32, not copied, for MXNet would wait for it: it must not change until it has been read."""
    return mx.nd.from_numpy(np.ascontiguousarray(array, np.float32).view(), zero_copy=True)


def _bind(whole: Symbol, known: Mapping[str, NDArray], gradients: Mapping[str, NDArray], context: Any) -> Any:
    arguments = {name: known[name] for name in whole.list_arguments()}
    return whole.bind(
        context,
        arguments,
        args_grad={name: array for name, array in gradients.items() if name in arguments},
        grad_req={name: "write" if name in gradients else "null" for name in arguments},
        aux_states={name: known[name] for name in whole.list_auxiliary_states()},
    )


def _values(graph: Graph, batch: int, is_training: bool, beside: Beside) -> dict[Source, Symbol]:
    """The symbols of all values that flow."""
    values: dict[Source, Symbol] = {(site.name, 0): S.var(f"input:{site.name}") for site in graph.inputs}
    variables = {name: S.var(name, shape=parameter.shape) for name, parameter in graph.parameters.items()}
    for site in graph.sites:
        if site.is_fed:
            continue
        weights = {weight: variables[name] for weight, name in site.weights.items()}
        place = Place(site, weights, batch, is_training, beside)
        made = symbol(site.layer, place, *(None if source is None else values[source] for source in site.sources))
        values |= {(site.name, n): each for n, each in enumerate(made if isinstance(made, tuple) else (made,))}
    return values


def _averages(beside: Beside, arrays: Arrays) -> Iterator[Average]:
    """What follows the batch."""
    for moments in beside.moments:
        mean, variance = moments.running
        yield Average((arrays.weights[mean], arrays.weights[variance]), moments.share)
