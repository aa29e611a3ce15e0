"""Expressions of blocks against Python's own arithmetic, and what is said of those that are none."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import NetwrightError
from engine.expressions import value_of

NAMES = {"channels": 64, "index": 3, "rate": 0.5, "act": "relu", "bias": True}

leaves = st.sampled_from(["0", "7", "12", "2.5", "1e2", "channels", "index", "rate"])
texts = st.recursive(
    leaves,
    lambda inner: (
        st.tuples(inner, st.sampled_from([" + ", "-", "*", " //"]), inner).map("".join)
        | inner.map("({})".format)
        | inner.map("-{}".format)
    ),
    max_leaves=8,
)


@given(texts)
def test_an_expression_comes_to_what_python_makes_of_it(text):
    try:
        expected = eval(text, {}, dict(NAMES))  # noqa: S307 - the texts are made here
    except ZeroDivisionError:
        with pytest.raises(NetwrightError, match="divides by zero"):
            value_of(text, NAMES)
        return
    found = value_of(text, NAMES)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(("name", "value"), NAMES.items())
def test_a_single_name_has_its_value_whatever_its_type(name, value):
    assert value_of(f" {name} ", NAMES) is value


WRONG = {
    "": "it is empty",
    "  ": "it is empty",
    "-": "a number or a parameter is missing at its end",
    "channels //": "a number or a parameter is missing at its end",
    "2 ** 3": "a number or a parameter should stand in front of '*'",
    "()": "a number or a parameter should stand in front of ')'",
    "channels index": "one of + - * // should stand in front of 'index'",
    "3(4)": "one of + - * // should stand in front of '('",
    "(1": "a bracket is not closed",
    "1)": "a bracket is closed that was not opened",
    "chanels * 2": "there is no parameter 'chanels'",
    "act + 1": "act is 'relu', with which nothing can be calculated",
    "-bias": "bias is true, with which nothing can be calculated",
    "index // (3 - index)": "it divides by zero",
    "channels * 1000000 * 1000000 * 1000000": "it comes to a number beyond 9,007,199,254,740,992",
    "9" * 5000: "it comes to a number beyond 9,007,199,254,740,992",
    "channels / 2": "'/' is not understood",
    "__import__('os')": "one of + - * // should stand in front of '('",
    "channels.bit_length": "'.bit_length' is not understood",
}


@pytest.mark.parametrize(("text", "message"), WRONG.items(), ids=lambda it: it[:30])
def test_what_is_no_expression_is_told_in_a_sentence(text, message):
    with pytest.raises(NetwrightError) as raised:
        value_of(text, NAMES)
    assert raised.value.message.startswith(message)


def test_a_misspelt_parameter_is_recognised():
    with pytest.raises(NetwrightError) as raised:
        value_of("chanels * 2", NAMES)
    assert raised.value.hint == "did you mean 'channels'?"


@given(st.text(max_size=30))
def test_any_text_has_a_value_or_a_reason_why_not(text):
    with contextlib.suppress(NetwrightError):
        assert value_of(text, NAMES) is not None


def test_brackets_as_deep_as_one_likes_are_computed():
    assert value_of("(" * 5000 + "index" + ")" * 5000, NAMES) == 3
