"""Every layer with drawn parameters and inputs: both backends, the reference and onnxruntime agree.

What an error of rounding in the inputs would change as much is not compared: float32 itself cannot tell it.
"""

from __future__ import annotations

import contextlib
import importlib

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from engine.backends import BACKENDS, available
from engine.errors import Unsupported
from engine.formats.onnx import export
from engine.formats.onnx.limits import limit_of
from engine.layers import Layer
from engine.layers.activation import Power
from engine.layers.distributed import TimeDistributed
from engine.layers.loss import Loss
from tests.engine.backends.networks import gradients
from tests.engine.backends.test_parity import TOLERANCE, Probe, difference
from tests.engine.cases import Case
from tests.engine.drawn_cases import cases, computed
from tests.engine.formats.session import inputs_and, run

pytestmark = pytest.mark.skipif(set(available()) != set(BACKENDS), reason="needs both frameworks")

STIR = 1e-6
"""What is added to every number, relative to it; some sixteen times what float32 rounds."""
SETTLED = 3e-5
"""A result that then changes by more hangs on rounding."""

LARGEST = 1e6
"""Quotients by nearly nothing are not compared."""
NOUGHT = {"output": 1e-1, "gradient": 5e-2}
"""Where all is smaller, errors count against that: rounding makes some where there should be nothing."""

everything = pytest.mark.parametrize("kind", computed(), ids=lambda kind: kind.__name__)
drawn = settings(
    max_examples=max(2, settings.default.max_examples // 50),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@everything
@drawn
@given(data=st.data())
def test_whatever_is_drawn_backends_reference_and_onnxruntime_agree(kind: type[Layer], data: st.DataObject) -> None:
    case = data.draw(cases(kind))
    with np.errstate(all="ignore"):  # logarithms of what is less than nought, and the like
        it, stirred = Probe(case), stir(Probe(case))
        answers, others = it.answers(), stirred.answers()
    for answer, other in zip(answers, others, strict=True):
        assume(np.abs(answer).max(initial=0) < LARGEST and difference(other, answer, NOUGHT["output"]) < SETTLED)
    assume(not (isinstance(it.layer, Power) and it.layer.scale == 0))  # powers of nought have no slope
    backends = [name for name in BACKENDS if not (name == "mxnet" and is_refused(it))]
    check_outputs(it, answers, backends)
    if not isinstance(it.layer, Loss):
        check_onnx(it, answers, case)
    if len(backends) > 1 and all(made.values == "number" for made in it.outputs):
        check_gradients(it, stirred)


def stir(it: Probe) -> Probe:
    """The same with a little more or less of every number."""
    random = np.random.default_rng(2)

    def other(values: np.ndarray) -> np.ndarray:
        return values * (1 + STIR * random.choice([-1, 1], values.shape)) if values.dtype.kind == "f" else values

    it.inputs = [other(x) for x in it.inputs]
    it.own = {name: other(values) for name, values in it.own.items()}
    it.tables = {name: other(values) for name, values in it.tables.items()}
    return it


def is_refused(it: Probe) -> bool:
    """What MXNet refuses, as the page says."""
    layer = it.layer.layer if isinstance(it.layer, TimeDistributed) else it.layer
    if type(layer) not in importlib.import_module("engine.backends.gluon.rules").LIMITS:
        return False
    try:
        it.program("mxnet").predict(it.batch, ("it",))
    except Unsupported:
        return True
    return False


def check_outputs(it: Probe, answers: tuple[np.ndarray, ...], backends: list[str]) -> None:
    names = ("it", *(f"it:{place}" for place in range(1, len(it.outputs))))
    for backend in backends:
        made = it.program(backend).predict(it.batch, names)
        for name, answer in zip(names, answers, strict=True):
            assert difference(np.reshape(made[name], answer.shape), answer, NOUGHT["output"]) < TOLERANCE, backend


def check_gradients(it: Probe, stirred: Probe) -> None:
    torch, mxnet = (gradients(it.program(name), it.batch) for name in ("torch", "mxnet"))
    for name, other in gradients(stirred.program("torch"), it.batch).items():
        if difference(other, torch[name], NOUGHT["gradient"]) < SETTLED:
            assert difference(mxnet[name], torch[name], NOUGHT["gradient"]) < TOLERANCE, name


def check_onnx(it: Probe, answers: tuple[np.ndarray, ...], case: Case) -> None:
    """Refusals are those of the page."""
    arrays = {f"x{place}": x for place, x in enumerate(it.inputs)}
    weights = {f"it/{name}": values for name, values in it.own.items()}
    names = [f"y{place}" for place in range(len(it.outputs))]
    with contextlib.suppress(*([Unsupported] if limit_of(type(it.layer)) else [])):
        made = run(export(inputs_and(Case(it.layer, case.signals)), weights), names, arrays)
        for answer, found in zip(answers, made, strict=True):
            assert difference(found, answer, NOUGHT["output"]) < TOLERANCE
