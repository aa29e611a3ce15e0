"""Compiled programs: the same learning as the plain ones, the same bits every time, a refusal where it cannot be."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pytest

from engine.backends import available, backend
from engine.backends.base import Plan, Program
from engine.errors import Unsupported
from engine.layers.data import Input, Target
from engine.layers.loss import SoftmaxCrossEntropy
from engine.layers.recurrent import LSTM
from engine.training.machine import has_compiler
from engine.training.optimizers import SGD
from engine.training.recipe import Average, Optimizer, Recipe
from tests.engine.backends.networks import network, node
from tests.engine.backends.test_programs import batch, small

pytestmark = pytest.mark.skipif("torch" not in available(), reason="torch is not installed")

compiles = pytest.mark.skipif(not has_compiler("cpu"), reason="compiling needs a compiler")

RECIPE = Recipe(optimizer=Optimizer(rule=SGD(momentum=0.9)), average=Average(), batch_size=6)


def taught(order: Literal["C", "F"] = "C", **plan: Any) -> Program:
    """The small network, with dropout and running averages, after whole batches and one that is not.

    `order` is that of the batches' values in memory.
    """
    program = backend("torch").build(small(), RECIPE, Plan("torch", layout="channels_last", **plan))
    for step, size in enumerate((6, 6, 4, 6)):
        given = {name: np.array(values, order=order) for name, values in batch(size, seed=step).items()}
        program.train_step(given, 0.01, step).fetch()
    return program


@pytest.mark.soak
@compiles
@pytest.mark.parametrize(("precision", "near"), [("float32", 1e-6), ("bfloat16", 1e-3), ("float16", 1e-4)])
def test_a_compiled_program_learns_the_same_and_repeats_every_bit(precision: str, near: float) -> None:
    plain, compiled = (taught(precision=precision, compiled=each) for each in (False, True))
    again = taught("F", precision=precision, compiled=True)
    assert plain.state().keys() == compiled.state().keys()
    for name, values in plain.weights().items():
        np.testing.assert_allclose(compiled.weights()[name], values, atol=near, err_msg=name)
    for name, values in {**compiled.weights(), **compiled.state()}.items():
        np.testing.assert_array_equal({**again.weights(), **again.state()}[name], values, err_msg=name)


def sequences(steps: int) -> Any:
    return network(
        node("x", Input(sizes=(steps, 3))),
        node("digit", Target(classes=4)),
        node("it", LSTM(units=4, sequence=False), "x"),
        node("loss", SoftmaxCrossEntropy(), "it", "digit"),
    )


def test_inputs_of_any_length_are_not_compiled() -> None:
    with pytest.raises(Unsupported, match="x: takes inputs of any length, and is compiled for one"):
        backend("torch").build(sequences(-1), RECIPE, Plan("torch", compiled=True))


@pytest.mark.soak
@compiles
def test_what_torch_does_not_compile_is_refused_in_a_sentence() -> None:
    with pytest.raises(Unsupported, match="torch does not compile this network here: "):
        backend("torch").build(sequences(5), RECIPE, Plan("torch", compiled=True))


@pytest.mark.soak
def test_without_a_compiler_it_is_refused_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    inductor = pytest.importorskip("torch._inductor.config")
    monkeypatch.setattr(inductor.cpp, "cxx", (None, "no-such-compiler"))
    monkeypatch.setattr(inductor, "force_disable_caches", True)
    with pytest.raises(Unsupported, match=r"does not compile this network here: .*no-such-compiler"):
        taught(compiled=True)
    assert "Traceback" not in "".join(capfd.readouterr())
