"""The line of a plot keeps every point and hands over few."""

import numpy as np
import pytest

from designer.curve import BUCKET, Curve


def filled(count: int, chunk: int = 1000) -> Curve:
    curve = Curve()
    x = np.arange(count, dtype=float)
    for start in range(0, count, chunk):
        part = x[start : start + chunk]
        curve.extend(part, np.sin(part / 500))
    return curve


def test_few_points_are_shown_as_they_are() -> None:
    curve = filled(100)
    x, y = curve.shown(0, 99, 400)
    assert np.array_equal(x, np.arange(100))
    assert np.array_equal(y, np.sin(np.arange(100) / 500))


@pytest.mark.parametrize("count", [5_000, 300_000, 1_000_000])
def test_a_spike_survives_however_few_pixels_show_it(count: int) -> None:
    curve = filled(count)
    curve.extend(np.array([float(count)]), np.array([99.0]))
    curve.extend(np.arange(count + 1.0, count + 2 * BUCKET), np.zeros(2 * BUCKET - 1))
    _, y = curve.shown(0, count + 2 * BUCKET, 200)
    assert y.max() == 99.0
    assert y.min() == pytest.approx(-1, abs=1e-3)
    assert len(y) < 200 * 16


def test_only_what_is_in_view_is_shown_with_one_neighbour_on_each_side() -> None:
    x, _ = filled(1000).shown(100, 200, 4000)
    assert (x[0], x[-1]) == (99, 201)


def test_points_beyond_a_cut_are_gone_and_new_ones_take_their_place() -> None:
    curve = filled(2000)
    curve.cut(499)
    curve.extend(np.array([500.0]), np.array([7.0]))
    assert curve.count == 501
    assert curve.at(505) == 7.0


def test_the_nearest_point_is_read_out() -> None:
    curve = Curve()
    assert np.isnan(curve.at(1))
    curve.extend(np.array([1.0, 2.0, 4.0]), np.array([10.0, 20.0, 40.0]))
    assert [curve.at(x) for x in (0, 1.4, 1.6, 3.5, 9)] == [10, 10, 20, 40, 40]


def test_gaps_do_not_hide_the_points_beside_them() -> None:
    curve = Curve()
    y = np.ones(10_000)
    y[::2] = np.nan
    y[4321] = 5
    curve.extend(np.arange(10_000.0), y)
    assert np.nanmax(curve.shown(0, 10_000, 100)[1]) == 5
