"""How long it takes still, from what was timed."""

import pytest

from engine.training.forecast import WARM_UP, Forecast


def stepped(forecast: Forecast, count: int, seconds: float) -> Forecast:
    """After the warm-up, which takes a minute, and `count` steps of so many seconds."""
    for step in range(WARM_UP):
        forecast.step(60.0 * (step + 1) / WARM_UP)
    for step in range(1, count + 1):
        forecast.step(60.0 + step * seconds)
    return forecast


def test_nothing_is_foretold_before_a_step_was_timed() -> None:
    forecast = Forecast(total=100, per_epoch=10, every=10, validated=0)
    assert (forecast.epoch(), forecast.left(0)) == (None, None)
    forecast = stepped(forecast, 0, 0.5)
    assert (forecast.epoch(), forecast.left(3)) == (None, None)


def test_steps_go_on_as_they_did_after_the_first_ones() -> None:
    forecast = stepped(Forecast(total=100, per_epoch=10, every=10, validated=0), 7, 0.5)
    assert forecast.epoch() == pytest.approx(5)
    assert forecast.left(10) == pytest.approx(45)
    assert forecast.left(100) == 0


def test_a_validation_is_first_thought_to_take_a_third_of_its_samples_steps() -> None:
    forecast = stepped(Forecast(total=25, per_epoch=10, every=10, validated=6), 7, 0.5)
    assert forecast.epoch() == pytest.approx(10 * 0.5 + 1.0)
    assert forecast.left(10) == pytest.approx(15 * 0.5 + 2 * 1.0)  # after steps 20 and 25


def test_then_it_takes_as_long_as_the_others_took() -> None:
    forecast = stepped(Forecast(total=25, per_epoch=10, every=4, validated=6), 7, 0.5)
    forecast.validation(2.0)
    forecast.validation(4.0)
    assert forecast.epoch() == pytest.approx(10 * 0.5 + 2.5 * 3.0)
    assert forecast.left(8) == pytest.approx(17 * 0.5 + 5 * 3.0)  # after 12, 16, 20, 24 and 25
