"""Operator cases of onnx.backend.test, a peer's test suite: right numbers, or a reason; never a wrong number."""

from collections import Counter

import pytest

from tests.engine.formats.onnx_cases import cases, check
from tests.engine.training.small import needs

SHARE = 0.92
"""Of all cases, at least, that give the right numbers; of onnxruntime it is 0.98, of other readers 0.27 to 0.89."""


@pytest.mark.parametrize(
    ("engine", "step"),
    [pytest.param("torch", 9, marks=needs("torch")), pytest.param("mxnet", 40, marks=needs("mxnet"))],
)
def test_what_is_read_gives_the_right_numbers_or_a_reason(engine: str, step: int) -> None:
    told = {case.name: check(case, engine) for case in cases()[::step]}
    passed = sum(not why for why in told.values())
    assert passed >= 0.85 * len(told), {name: why for name, why in told.items() if why}


@pytest.mark.soak
@pytest.mark.parametrize(
    "engine", [pytest.param("torch", marks=needs("torch")), pytest.param("mxnet", marks=needs("mxnet"))]
)
def test_nine_of_ten_cases_give_the_right_numbers_and_the_others_a_reason(engine: str) -> None:
    passed = Counter(not check(case, engine) for case in cases())
    assert passed[True] >= SHARE * passed.total()
