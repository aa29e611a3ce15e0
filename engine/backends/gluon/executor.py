"""A graph bound to arrays for one size of batch: MXNet's symbolic executor, with gradients where it learns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.backends.base import Array
from engine.backends.gluon.framework import mx
from engine.backends.gluon.optimizers import NDArray
from engine.backends.gluon.rules import Place, S, Symbol, symbol
from engine.backends.graph import Graph, Source
from engine.layers.normalization import BatchNorm


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
    """The running averages of a batch normalisation, and where MXNet leaves the batch's own mean and variance."""

    running: tuple[NDArray, NDArray]
    batch: tuple[NDArray, NDArray]
    momentum: float
    count: int

    def follow(self) -> None:
        """Gives the batch its share in the running averages, with its variance unbiased."""
        if self.count == 1:  # one value a channel has no unbiased variance
            return
        share, unbiased = self.momentum, self.count / (self.count - 1)
        # As an update of weights, w = (1 − lr·wd)·w + lr·g: both averages in one operator.
        mx.nd.multi_sgd_update(
            self.running[0],
            self.batch[0],
            self.running[1],
            self.batch[1],
            out=list(self.running),
            num_weights=2,
            rescale_grad=-1.0,
            lrs=(share, share * unbiased),
            wds=(1.0, 1 / unbiased),
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
        self._arrays, self._kept = arrays, kept
        self._learns = factors is not None
        averages = dict(_averages(graph, arrays, batch)) if self._learns else {}
        self._averages = tuple(averages.values())
        constants: dict[str, Array] = {}
        values = _values(graph, batch, self._learns, constants)
        heads = [S.BlockGrad(values[source]) for source in kept]
        if factors:
            heads.append(S.MakeLoss(sum(values[name, 0] * factor for name, factor in factors.items())))
        self._inputs = {site.name: arrays.empty(batch, *site.outputs[0].shape) for site in graph.inputs}
        self._executor = _bind(S.Group(heads), self._known(constants, averages), arrays)

    def __call__(self, given: Mapping[str, Array]) -> dict[Source, NDArray]:
        """The kept values of a batch, copied, for the next batch overwrites the executor's own."""
        for name, array in self._inputs.items():
            mx.nd.array(given[name], array.context, np.float32).copyto(array)
        self._executor.forward(is_train=self._learns)
        if self._learns:
            self._executor.backward()
        for average in self._averages:
            average.follow()
        return {source: output.copy() for source, output in zip(self._kept, self._executor.outputs, strict=False)}

    def _known(self, constants: Mapping[str, Array], averages: Mapping[str, Average]) -> dict[str, NDArray]:
        """The array of every variable."""
        return {
            **self._arrays.weights,
            **{f"input:{name}": array for name, array in self._inputs.items()},
            **{name: mx.nd.array(array, self._arrays.context, np.float32) for name, array in constants.items()},
            **{f"mean:{name}": average.batch[0] for name, average in averages.items()},
            **{f"variance:{name}": average.batch[1] for name, average in averages.items()},
        }


def _bind(whole: Symbol, known: Mapping[str, NDArray], arrays: Arrays) -> Any:
    arguments = {name: known[name] for name in whole.list_arguments()}
    gradients = {name: array for name, array in arrays.gradients.items() if name in arguments}
    return whole.bind(
        arrays.context,
        arguments,
        args_grad=gradients,
        grad_req={name: "write" if name in gradients else "null" for name in arguments},
        aux_states={name: known[name] for name in whole.list_auxiliary_states()},
    )


def _values(graph: Graph, batch: int, is_training: bool, constants: dict[str, Array]) -> dict[Source, Symbol]:
    """The symbols of all values that flow; `constants` gets the arrays that rules need."""
    values: dict[Source, Symbol] = {(site.name, 0): S.var(f"input:{site.name}") for site in graph.inputs}
    variables = {name: S.var(name, shape=parameter.shape) for name, parameter in graph.parameters.items()}
    for site in graph.sites:
        if not site.layer.SLOTS:
            continue
        weights = {weight: variables[name] for weight, name in site.weights.items()}
        place = Place(site, weights, batch, is_training, constants)
        made = symbol(site.layer, place, *(None if source is None else values[source] for source in site.sources))
        values |= {(site.name, n): each for n, each in enumerate(made if isinstance(made, tuple) else (made,))}
    return values


def _averages(graph: Graph, arrays: Arrays, batch: int) -> Iterator[tuple[str, Average]]:
    for site in graph.sites:
        if isinstance(site.layer, BatchNorm):
            channels, *positions = site.outputs[0].shape
            yield (
                site.name,
                Average(
                    running=(
                        arrays.weights[site.weights["running_mean"]],
                        arrays.weights[site.weights["running_variance"]],
                    ),
                    batch=(arrays.empty(channels), arrays.empty(channels)),
                    momentum=site.layer.momentum,
                    count=batch * int(np.prod(positions, dtype=int)),
                ),
            )
