"""A network as a torch program: weights, optimiser and a runner for each phase."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from engine.backends.averages import Averages
from engine.backends.base import Array, Batch, Plan
from engine.backends.batches import blank, cut, entering
from engine.backends.graph import Graph, Source, random_seed
from engine.backends.phases import Phase, check_trains, phases_of
from engine.backends.pytorch.compiling import Compiled
from engine.backends.pytorch.optimizers import Arithmetic, Group, clipped, grouped, update
from engine.backends.pytorch.outcome import Part, TorchPending, carried, pending, placed, to_numpy
from engine.backends.pytorch.precision import check_precision, precision_of
from engine.backends.pytorch.process import set_up
from engine.backends.pytorch.runner import Runner, Values, computed, first_non_finite, learn
from engine.backends.pytorch.scaling import Scaling
from engine.backends.weights import Floats, beginning, complete
from engine.network import Network
from engine.training.recipe import Recipe


class TorchProgram:
    """As `Program`."""

    def __init__(
        self, network: Network, recipe: Recipe, plan: Plan, weights: Mapping[str, Array], outputs: tuple[str, ...]
    ) -> None:
        self._recipe = recipe
        self._device = torch.device(plan.device)
        self._format = torch.channels_last if plan.layout == "channels_last" else torch.contiguous_format
        self._phases = phases_of(network, recipe, outputs)
        set_up(plan, self._phases.training.graph)
        check_precision(plan, self._phases.training.graph)
        self._precision = precision_of(plan)
        begin = beginning(self._phases.whole.parameters, weights, recipe.seed)
        self._tensors = {name: self._placed(torch.tensor(values)) for name, values in begin.items()}
        training, validation = self._phases.training, self._phases.validation
        self._groups = grouped(training.graph, self._tensors, recipe.optimizer.rule.state)
        self._averages = Averages(recipe.average, self._tensors, Arithmetic())
        self._learned = [weight.requires_grad_() for group in self._groups for weight in group.weights]
        self._is_random = any(site.layer.PHASES for site in training.graph.sites)
        self._scaling = Scaling(self._device) if plan.precision == "float16" else None
        self._train = self._runner(training.graph, computed(training), is_training=True)
        self._validate = self._runner(validation.graph, computed(validation))
        self._predictors: dict[tuple[str, ...], Runner] = {}
        self._step = 0
        self._compiled = self._made_faster(training) if plan.compiled else None

    def train_step(self, batch: Batch, learning_rate: float, step: int) -> TorchPending:
        phase = self._phases.training
        check_trains(phase)
        self._averages.learn()
        self._begin(step)
        parts, gradients = self._learn(phase, self._phases.training_batch(batch, step))
        with torch.no_grad():
            if self._scaling is None:
                self._update(gradients, learning_rate, step)
            else:
                changing = [*self._learned, *dict(named_states(self._groups)).values()]
                self._scaling.step(gradients, changing, lambda finite: self._update(finite, learning_rate, step))
        self._averages.follow(step + 1)
        return pending(phase, parts, self._device)

    def evaluate(self, batch: Batch) -> TorchPending:
        phase = self._phases.validation
        self._averages.answer()
        arriving = self._arriving(batch, phase.graph)
        with torch.inference_mode(), self._precision():
            values = self._validate(self._given(arriving))
        return pending(phase, [Part(1.0, values | carried(arriving))], self._device)

    def predict(self, batch: Batch, nodes: tuple[str, ...]) -> Mapping[str, Array]:
        if nodes not in self._predictors:
            self._predictors[nodes] = self._runner(*self._phases.towards(nodes))
        runner = self._predictors[nodes]
        self._averages.answer()
        with torch.inference_mode(), self._precision():
            values = runner(self._given(self._arriving(batch, runner.graph)))
        return {node: to_numpy(values[source]) for node, source in zip(nodes, runner.kept, strict=True)}

    def weights(self) -> dict[str, Floats]:
        return {name: np.array(to_numpy(tensor), order="C") for name, tensor in self._averages.answering().items()}

    def load_weights(self, weights: Mapping[str, Array]) -> None:
        _fill(self._tensors, weights)
        self._averages.begin()

    def state(self) -> dict[str, Floats]:
        return {name: np.array(to_numpy(tensor), order="C") for name, tensor in self._states().items()}

    def load_state(self, state: Mapping[str, Array]) -> None:
        _fill(self._states(), state)

    def first_non_finite(self, batch: Batch) -> str:
        graph = self._phases.training.graph
        self._averages.learn()
        kept = {name: tensor.detach().clone() for name, tensor in self._tensors.items()}
        self._begin(self._step)
        runner = self._runner(graph, graph.sources, is_training=True)
        with self._precision():
            given = self._given(self._arriving(self._phases.training_batch(batch, self._step), graph))
            found = first_non_finite(runner, given, self._phases.training.losses, self._tensors)
        with torch.no_grad():  # running averages have moved
            for name, tensor in kept.items():
                self._tensors[name].copy_(tensor)
        return found

    def _begin(self, step: int) -> None:
        """Every random choice follows from the seed and the step."""
        self._step = step
        if self._is_random:
            torch.manual_seed(random_seed(self._recipe.seed, step))

    def _learn(self, phase: Phase, batch: Batch) -> tuple[list[Part], list[Tensor]]:
        """What the pieces of a batch give, and the gradients of all together."""
        if self._recipe.accumulate == 1:
            values, gradients = self._gradients(phase, batch)
            return [Part(1.0, values)], gradients
        parts, total = [], [torch.zeros_like(weight) for weight in self._learned]
        for share, piece in cut(batch, self._recipe.accumulate):
            values, gradients = self._gradients(phase, piece)
            torch._foreach_add_(total, gradients, alpha=share)
            parts.append(Part(share, values))
        return parts, total

    def _gradients(self, phase: Phase, batch: Batch) -> tuple[Values, list[Tensor]]:
        """The values kept, and the gradients: those of the scaled loss where it is scaled."""
        arriving = self._arriving(batch, phase.graph)
        given = self._given(arriving)
        factor = self._scaling.factor if self._scaling else None
        if self._compiled is not None and self._compiled.takes(given):
            values, gradients = self._compiled(given, factor)
        else:
            values, gradients = learn(self._train, phase, given, self._learned, self._precision, factor)
        return values | carried(arriving), gradients

    def _update(self, gradients: list[Tensor], learning_rate: float, step: int) -> None:
        gradients = clipped(self._recipe.clip, gradients)
        for group in self._groups:
            mine, gradients = gradients[: len(group.weights)], gradients[len(group.weights) :]
            update(self._recipe.optimizer.rule, group, mine, learning_rate * group.rate, step + 1)

    def _made_faster(self, phase: Phase) -> Compiled:
        """The training of whole batches, compiled; those of another size, as the last of an epoch, run as they are."""
        check_trains(phase)
        batch = blank(phase.graph, self._recipe.batch_size)
        given = self._given(self._arriving(batch, phase.graph))
        factor = self._scaling.factor if self._scaling else None
        learned = [name for group in self._groups for name in group.names]
        return Compiled(phase, self._tensors, learned, self._precision, given, factor)

    def _arriving(self, batch: Batch, graph: Graph) -> dict[str, Tensor]:
        """What feeds the graph, in the processor's memory still."""
        return {name: torch.from_numpy(array) for name, array in entering(batch, graph).items()}

    def _given(self, arriving: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {name: self._placed(tensor) for name, tensor in arriving.items()}

    def _placed(self, tensor: Tensor) -> Tensor:
        """On the device, in the plan's layout."""
        return placed(tensor, self._device, self._format)

    def _runner(self, graph: Graph, kept: tuple[Source, ...], *, is_training: bool = False) -> Runner:
        return Runner(graph, self._tensors, kept, is_training=is_training, device=self._device)

    def _states(self) -> dict[str, Tensor]:
        scaling = self._scaling.states() if self._scaling else {}
        return dict(named_states(self._groups)) | self._averages.learning() | scaling


def named_states(groups: Sequence[Group]) -> Iterator[tuple[str, Tensor]]:
    """What the optimiser keeps, as `node/weight/NAME`."""
    for group in groups:
        for state, tensors in group.state.items():
            yield from ((f"{name}/{state}", tensor) for name, tensor in zip(group.names, tensors, strict=True))


def _fill(tensors: Mapping[str, Tensor], arrays: Mapping[str, Array]) -> None:
    fitting = complete({name: tuple(tensor.shape) for name, tensor in tensors.items()}, arrays)
    with torch.no_grad():
        for name, tensor in tensors.items():
            tensor.copy_(torch.from_numpy(fitting[name]))
