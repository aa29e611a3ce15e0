"""Durations in words."""

import pytest

from engine.durations import elapsed


@pytest.mark.parametrize(("seconds", "words"), [(3.6, "4 s"), (130, "2 min 10 s"), (3900, "1 h 5 min")])
def test_durations_are_told_in_two_units(seconds: float, words: str) -> None:
    assert elapsed(seconds) == words
