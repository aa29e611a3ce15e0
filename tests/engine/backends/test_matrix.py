"""No layer and no optimiser of the catalogue is forgotten by a backend, and each refusal is told to the user."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

from engine.backends import BACKENDS, backend
from engine.backends.base import Plan
from engine.blocks import Use
from engine.errors import NetwrightError
from engine.layers import CATALOGUE, Layer
from engine.layers.data import Input, Target
from engine.layers.unknown import Unknown
from engine.training.optimizers import OPTIMIZERS, OptimizerRule
from engine.training.recipe import Recipe
from tests.engine.backends.networks import network, node
from tests.engine.cases import CASES

NOT_RUN = (Input, Target, Use, Unknown)
"""What a batch feeds, what is opened before anything runs, and what nobody knows."""

RULES = {"mxnet": "symbol", "torch": "function"}


@pytest.mark.parametrize("layer", [cls for _, cls in CATALOGUE.items() if cls not in NOT_RUN], ids=lambda c: c.__name__)
def test_every_layer_has_a_rule(name: str, layer: type[Layer]) -> None:
    backend(name)
    rules = getattr(importlib.import_module(f"{BACKENDS[name]}.rules"), RULES[name])
    assert rules.dispatch(layer) is not rules.dispatch(Layer)


@pytest.mark.parametrize("rule", [cls for _, cls in OPTIMIZERS.items()], ids=lambda c: c.__name__)
def test_every_optimizer_has_a_rule(name: str, rule: type[OptimizerRule]) -> None:
    rules = importlib.import_module(f"{BACKENDS[name]}.optimizers").update
    assert rules.dispatch(rule) is not rules.dispatch(OptimizerRule)


def test_every_layer_that_runs_is_compared() -> None:
    assert {type(case.layer) for case in CASES} >= {cls for _, cls in CATALOGUE.items() if cls not in NOT_RUN}


def test_inputs_and_targets_are_what_the_batch_holds(name: str) -> None:
    plain = network(node("x", Input(sizes=(2,))), node("i", Input(values="index", classes=5)))
    program = backend(name).build(plain, Recipe(), Plan(name))
    batch = {"x": np.arange(6, dtype=np.float32).reshape(3, 2), "i": np.array([4, 0, 3])}
    found = program.predict(batch, ("x", "i"))
    assert found["x"].tolist() == batch["x"].tolist()
    assert found["i"].tolist() == [4, 0, 3]
    assert found["i"].dtype == np.int64


def test_a_layer_that_nobody_knows_is_refused_by_its_name(name: str) -> None:
    strange = network(node("x", Input(sizes=(2,))), node("roi", Unknown(format="caffe", type="ROIPooling"), "x"))
    with pytest.raises(NetwrightError, match=r"roi: .*ROIPooling"):
        backend(name).build(strange, Recipe(), Plan(name))
