"""A network as a torch program: weights, optimiser and a runner for each phase."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from engine.backends.averages import Averages
from engine.backends.base import Array, Batch, Outcome, Plan
from engine.backends.batches import cut, entering
from engine.backends.graph import Graph, Source, random_seed
from engine.backends.phases import Phase, check_trains, phases_of, written
from engine.backends.pytorch.optimizers import Arithmetic, Group, clipped, grouped, update
from engine.backends.pytorch.runner import Runner, Values, first_non_finite, total_loss
from engine.backends.weights import Floats, beginning, complete
from engine.errors import Unsupported
from engine.network import Network
from engine.training.recipe import Recipe

PRECISIONS = {"float32": None, "auto": None, "bfloat16": torch.bfloat16}
"""What the middle of a network calculates in; weights and losses are always in float32."""


@dataclass(frozen=True)
class Part:
    """What one piece of a batch gave: its share of the samples, the values kept."""

    share: float
    values: Values


@dataclass(frozen=True)
class TorchPending:
    """An outcome in torch's hands."""

    phase: Phase
    parts: Sequence[Part]

    def fetch(self) -> Outcome:
        losses = {
            name: factor * sum(part.share * float(part.values[name, 0]) for part in self.parts)
            for name, factor in self.phase.losses.items()
        }
        outputs = {written(source): self._whole(source) for source in self.phase.reported}
        return Outcome(sum(losses.values()), losses, outputs)

    def _whole(self, source: Source) -> Array:
        pieces = [to_numpy(part.values[source]) for part in self.parts]
        return pieces[0] if len(pieces) == 1 else np.concatenate(pieces)


class TorchProgram:
    """As `Program`."""

    def __init__(
        self, network: Network, recipe: Recipe, plan: Plan, weights: Mapping[str, Array], outputs: tuple[str, ...]
    ) -> None:
        _set_up(plan)
        self._recipe, self._plan = recipe, plan
        self._device = torch.device(plan.device)
        self._format = torch.channels_last if plan.layout == "channels_last" else torch.contiguous_format
        self._phases = phases_of(network, recipe, outputs)
        begin = beginning(self._phases.whole.parameters, weights, recipe.seed)
        self._tensors = {name: self._placed(torch.tensor(values)) for name, values in begin.items()}
        training, validation = self._phases.training, self._phases.validation
        self._groups = grouped(training.graph, self._tensors, recipe.optimizer.rule.state)
        self._averages = Averages(recipe.average, self._tensors, Arithmetic())
        self._learned = [weight.requires_grad_() for group in self._groups for weight in group.weights]
        self._is_random = any(site.layer.PHASES for site in training.graph.sites)
        self._train: Any = self._runner(training.graph, training.kept, is_training=True)
        self._validate = self._runner(validation.graph, validation.kept)
        self._predictors: dict[tuple[str, ...], Runner] = {}
        self._step = 0
        if plan.compiled:
            self._train = torch.compile(self._train)

    def train_step(self, batch: Batch, learning_rate: float, step: int) -> TorchPending:
        phase = self._phases.training
        check_trains(phase)
        self._averages.learn()
        self._begin(step)
        parts, gradients = self._learn(phase, self._phases.training_batch(batch, step))
        gradients = clipped(self._recipe.clip, gradients)
        with torch.no_grad():
            for group in self._groups:
                mine, gradients = gradients[: len(group.weights)], gradients[len(group.weights) :]
                update(self._recipe.optimizer.rule, group, mine, learning_rate * group.rate, step + 1)
        self._averages.follow(step + 1)
        return TorchPending(phase, parts)

    def evaluate(self, batch: Batch) -> TorchPending:
        phase = self._phases.validation
        self._averages.answer()
        with torch.inference_mode(), self._precision():
            return TorchPending(phase, [Part(1.0, self._validate(self._given(batch, phase.graph)))])

    def predict(self, batch: Batch, nodes: tuple[str, ...]) -> Mapping[str, Array]:
        if nodes not in self._predictors:
            self._predictors[nodes] = self._runner(*self._phases.towards(nodes))
        runner = self._predictors[nodes]
        self._averages.answer()
        with torch.inference_mode(), self._precision():
            values = runner(self._given(batch, runner.graph))
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
            given = self._given(self._phases.training_batch(batch, self._step), graph)
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
        with self._precision():
            values: Values = self._train(self._given(batch, phase.graph))
        # What only a mask or an index follows from has a gradient of nought.
        gradients = torch.autograd.grad(total_loss(phase.losses, values), self._learned, materialize_grads=True)
        return {source: tensor.detach() for source, tensor in values.items()}, list(gradients)

    def _given(self, batch: Batch, graph: Graph) -> dict[str, Tensor]:
        return {name: self._placed(torch.from_numpy(array)) for name, array in entering(batch, graph).items()}

    def _placed(self, tensor: Tensor) -> Tensor:
        """On the device, in the plan's layout."""
        if tensor.ndim == 4:
            return tensor.to(self._device, memory_format=self._format)
        return tensor.to(self._device)

    def _runner(self, graph: Graph, kept: tuple[Source, ...], *, is_training: bool = False) -> Runner:
        return Runner(graph, self._tensors, kept, is_training=is_training, device=self._device)

    def _precision(self) -> contextlib.AbstractContextManager[object]:
        lower = PRECISIONS[self._plan.precision]
        return torch.autocast(self._device.type, lower) if lower else contextlib.nullcontext()

    def _states(self) -> dict[str, Tensor]:
        return dict(named_states(self._groups)) | self._averages.learning()


def _set_up(plan: Plan) -> None:
    """What holds for the whole process."""
    if plan.precision not in PRECISIONS:
        raise Unsupported(f"the torch backend does not calculate in {plan.precision}; it does in float32 and bfloat16")
    if plan.threads:
        torch.set_num_threads(plan.threads)
    if plan.deterministic and plan.device != "cpu":
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # torch asks for it
        torch.use_deterministic_algorithms(True)


def named_states(groups: Sequence[Group]) -> Iterator[tuple[str, Tensor]]:
    """What the optimiser keeps, as `node/weight/NAME`."""
    for group in groups:
        for state, tensors in group.state.items():
            yield from ((f"{name}/{state}", tensor) for name, tensor in zip(group.names, tensors, strict=True))


def to_numpy(tensor: Tensor) -> Array:
    """As numpy has it, in float32 where it is a number."""
    tensor = tensor.detach().cpu()
    return (tensor.float() if tensor.is_floating_point() else tensor).numpy()


def _fill(tensors: Mapping[str, Tensor], arrays: Mapping[str, Array]) -> None:
    fitting = complete({name: tuple(tensor.shape) for name, tensor in tensors.items()}, arrays)
    with torch.no_grad():
        for name, tensor in tensors.items():
            tensor.copy_(torch.from_numpy(fitting[name]))
