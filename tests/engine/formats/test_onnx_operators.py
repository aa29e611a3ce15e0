"""Operator cases of onnx.backend.test, a peer's test suite: right numbers, or a reason; never a wrong number."""

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.engine.formats.onnx_cases import cases, check
from tests.engine.formats.onnx_page import page
from tests.engine.training.small import needs

PAGE = Path(__file__).parents[3] / "docs" / "onnx-operators.md"
SHARE = 0.92
"""Of all cases, at least, that give the right numbers; of onnxruntime it is 0.98, of other readers 0.27 to 0.89."""


@pytest.mark.parametrize(
    ("engine", "step"),
    [pytest.param("torch", 15, marks=needs("torch")), pytest.param("mxnet", 60, marks=needs("mxnet"))],
)
def test_what_is_read_gives_the_right_numbers_or_a_reason(engine: str, step: int) -> None:
    told = {case.name: check(case, engine) for case in cases()[::step]}
    passed = sum(not why for why in told.values())
    assert passed >= 0.85 * len(told), {name: why for name, why in told.items() if why}


@pytest.mark.soak
@needs("mxnet")
def test_nine_of_ten_cases_give_the_right_numbers_on_mxnet_too() -> None:
    passed = Counter(not check(case, "mxnet") for case in cases())
    assert passed[True] >= 0.9 * passed.total()  # it moves no more than six axes


@pytest.mark.soak
@needs("torch")
def test_the_page_of_all_cases_is_current_and_nine_of_ten_are_right() -> None:
    made = page()
    assert PAGE.read_text(encoding="utf-8") == made, "run: python -m tests.engine.formats.onnx_page"
    (right, total) = map(int, re.findall(r"\*\*(\d+) of (\d+) cases", made)[0])
    assert right >= SHARE * total
