"""The account of a training's memory: against what torch really keeps, and against counts made by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine.active import executed
from engine.backends import backend
from engine.backends.base import Plan
from engine.backends.graph import Site, graph_of
from engine.keeping import is_view, kept
from engine.layers import loss
from engine.layers.activation import ReLU
from engine.layers.arranging import Pad
from engine.layers.base import Layer, Shape, Signal
from engine.layers.data import Constant, Input
from engine.layers.dense import Dense
from engine.layers.distributed import TimeDistributed
from engine.layers.merge import MatMul
from engine.layers.recurrent import Recurrent
from engine.memory import account_of
from engine.model import Model
from engine.network import Network
from engine.node import WeightRule
from engine.opening import open_model
from engine.training.optimizers import SGD, Adam
from engine.training.recipe import Average, Optimizer, Recipe
from tests.engine.backends.networks import probe
from tests.engine.cases import CASES, Case
from tests.engine.drawn import lenet, node
from tests.engine.training.small import needs

BATCH, LENGTH = 5, 4
"""Samples, and the length of what has any."""

ABOUT: dict[type[Layer], str] = {
    Recurrent: "oneDNN does not tell what it keeps",
    loss.Loss: "only those of plain networks are told; the others hold little",
    MatMul: "what is broadcast is copied first",
    Pad: "where it mirrors it keeps which cells were taken",
    Constant: "it has no input",
}
"""Layers of which the account is near, but not exact, and why."""

TOLD = (loss.MeanSquaredError, loss.MeanAbsoluteError, loss.Huber)
"""Losses of which it is exact."""


def gallery(name: str, **recipe: Any) -> Model:
    model = executed(open_model(f"gallery:{name}").model)
    return replace(model, recipe=replace(model.recipe, accumulate=1, batch_size=BATCH, **recipe))


def array(signal: Signal) -> np.ndarray:
    random = np.random.default_rng(0)
    shape = (BATCH, *(LENGTH if axis < 0 else axis for axis in signal.shape))
    if signal.values == "index":
        return random.integers(0, signal.classes or 2, shape)
    return random.uniform(0.1, 0.9, shape).astype(np.float32)


class Storages:
    """The storages of tensors, each once."""

    def __init__(self) -> None:
        self._seen: dict[int, Any] = {}

    def add(self, tensor: Any) -> Any:
        self._seen[tensor.untyped_storage().data_ptr()] = tensor  # kept, so that nothing else comes to lie there
        return tensor

    def __and__(self, places: set[int]) -> set[int]:
        return self._seen.keys() & places

    def size(self, *, without: set[int]) -> int:
        return sum(tensor.untyped_storage().nbytes() for place, tensor in self._seen.items() if place not in without)


def places(*tensors: Any) -> set[int]:
    return {tensor.untyped_storage().data_ptr() for tensor in tensors}


def kept_by_torch(model: Model, batch: dict[str, np.ndarray]) -> int:
    """Bytes of all that autograd saves in a step and that its outcome holds, but for weights and the batch."""
    import torch

    program: Any = backend("torch").build(model.network, model.recipe, Plan("torch", precision=model.recipe.precision))
    storages = Storages()
    with torch.autograd.graph.saved_tensors_hooks(storages.add, lambda tensor: tensor):
        pending = program.train_step(batch, 0.01, 0)
    for part in pending.parts:
        for tensor in part.values.values():
            storages.add(tensor)
    given = {each.ctypes.data for each in batch.values()}
    return storages.size(without=given | places(*program._tensors.values()))


def account_and_truth(model: Model) -> tuple[int, int]:
    batch = {site.name: array(site.outputs[0]) for site in graph_of(model.network).inputs}
    shapes: dict[str, Shape] = {name: each.shape[1:] for name, each in batch.items()}
    return account_of(model, shapes=shapes).activations, kept_by_torch(model, batch)


NETWORKS = ["lenet", "resnet20", "fashion_cnn", "series_cnn", "texture_cnn", "tabular", "penguins_mlp", "transformer"]


@needs("torch")
@pytest.mark.parametrize("name", NETWORKS)
def test_the_activations_of_a_network_are_exactly_what_torch_keeps(name: str) -> None:
    found, truth = account_and_truth(gallery(name))
    assert found == truth


def is_exact(case: Case) -> bool:
    layer = case.layer.layer if isinstance(case.layer, TimeDistributed) else case.layer
    if len(case.signals) > 2 or not layer.SLOTS or is_view(layer, len(case.signals)):
        return False
    return isinstance(layer, TOLD) or not isinstance(layer, tuple(ABOUT))


@needs("torch")
@pytest.mark.parametrize("case", [case for case in CASES if is_exact(case)], ids=str)
def test_a_layer_keeps_exactly_what_torch_keeps(case: Case) -> None:
    import torch

    from engine.backends.pytorch.rules import Place, function

    signals = tuple(replace(each, shape=tuple(LENGTH if n < 0 else n for n in each.shape)) for each in case.signals)
    shapes, outputs = tuple(signal.shape for signal in signals), case.layer.outputs(*signals)
    tensors = {
        weight.name: torch.ones(weight.shape, requires_grad=weight.trainable) for weight in case.layer.weights(*shapes)
    }
    sources = tuple((f"x{place}", 0) for place in range(len(signals)))
    site = Site("it", case.layer, sources, signals, outputs, {name: name for name in tensors})
    run = function(case.layer, Place(site, tensors, is_training=True, device=torch.device("cpu")))
    fed = [torch.from_numpy(array(signal)) for signal in signals]
    for tensor, signal in zip(fed, signals, strict=True):
        tensor.requires_grad_(signal.values == "number")
    storages = Storages()
    with torch.autograd.graph.saved_tensors_hooks(storages.add, lambda tensor: tensor):
        made = run(*fed)
    results = made if isinstance(made, tuple) else (made,)
    entered, left = places(*fed), places(*results)
    found = kept(case.layer, shapes, outputs[0].shape)
    if case.layer.FAMILY == "loss":
        storages.add(results[0])
        left = set()
    assert storages.size(without=entered | left | places(*tensors.values())) == (
        BATCH * (4 * found.own + 8 * found.places) + 4 * found.once
    )
    assert found.inputs == bool(storages & entered)
    assert found.output == bool(storages & (left - entered))


def test_the_tensors_of_lenet_are_as_many_as_one_counts() -> None:
    """431,080 weights, published; the activations by hand: what convolutions, pools and dense layers are fed with."""
    recipe = Recipe(optimizer=Optimizer(Adam()), batch_size=10, average=Average())
    found = account_of(Model(network=lenet(), recipe=recipe))
    assert found.weights == found.gradients == found.averages == 4 * 431_080
    assert found.optimizer == 2 * 4 * 431_080
    assert found.inputs == 10 * (4 * 28 * 28 + 8)
    pools = 4 * 20 * 24 * 24 + 8 * 20 * 12 * 12 + 4 * 50 * 8 * 8 + 8 * 50 * 4 * 4
    others = 4 * 20 * 12 * 12 + 4 * 50 * 4 * 4 + 4 * 500 + 2 * 4 * 10
    assert found.activations == 10 * (pools + others) + 2 * 4
    assert found.total == 5 * 4 * 431_080 + found.inputs + found.activations


def test_what_does_not_learn_has_neither_gradient_nor_state() -> None:
    network = lenet()
    frozen = (WeightRule(learning_rate=0.0),)
    nodes = tuple(replace(node, weight=frozen) if node.name == "ip1" else node for node in network.nodes)
    recipe = Recipe(optimizer=Optimizer(SGD(momentum=0.0)))
    found = account_of(Model(network=Network(nodes), recipe=recipe))
    assert (found.weights, found.gradients, found.optimizer) == (4 * 431_080, 4 * (431_080 - 400_500), 0)


def test_accumulating_holds_the_batches_of_a_step_but_the_activations_of_one() -> None:
    plain = account_of(Model(network=lenet(), recipe=Recipe(batch_size=10)))
    found = account_of(Model(network=lenet(), recipe=Recipe(batch_size=10, accumulate=4)))
    assert found.inputs == 4 * plain.inputs
    assert found.gradients == 2 * plain.gradients
    assert found.activations == plain.activations


@needs("torch")
@pytest.mark.parametrize("name", ["resnet20", "fashion_cnn"])
def test_mixed_precision_keeps_what_convolutions_are_fed_with_in_half(name: str) -> None:
    model = gallery(name, precision="bfloat16")
    copies = account_of(model).weights - account_of(model, precision="float32").weights
    found, truth = account_and_truth(model)
    assert found == truth - copies


@needs("torch")
def test_the_states_of_a_long_lstm_are_told_within_a_tenth() -> None:
    text = Signal((32,), "index", 75)
    model = gallery("char_lstm")
    batch = {site.name: array(text) for site in graph_of(model.network).inputs}
    found = account_of(model, shapes=dict.fromkeys(batch, text.shape)).activations
    assert found == pytest.approx(kept_by_torch(model, batch), rel=0.1)


@pytest.mark.parametrize("case", [case for case in CASES if case.layer.SLOTS], ids=str)
def test_every_layer_has_an_account_whatever_its_lengths(case: Case) -> None:
    loose = tuple(replace(each, shape=tuple(LENGTH if n < 0 else n for n in each.shape)) for each in case.signals)
    for signals in (case.signals, loose):
        found = account_of(Model(network=probe(case.layer, signals, BATCH)))
        assert found.activations >= 0
        assert found.total > 0


def test_an_unfinished_network_has_an_account_of_what_is_known() -> None:
    image, score = node("image", "", Input(sizes=(4,))), node("score", "image", Dense(units=2))
    loop = (node("a", "b", ReLU()), node("b", "a", ReLU()))
    stray = node("lost", "nowhere", Dense(units=3))
    found = account_of(Model(network=Network((image, score, *loop, stray))))
    assert found.weights == 4 * (4 * 2 + 2)
