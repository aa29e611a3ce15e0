"""Series of unequal lengths, and arrays in files of their own."""

import numpy as np
import pytest

from engine.data import npy
from engine.data.dataset import open_data
from engine.data.npy import read
from engine.data.sources import NPY, NPZ, Series
from engine.errors import DataError
from tests.engine.data.made import all_of, complaints, network, save_npz, spec

SERIES = [np.arange(2.0 * n).reshape(n, 2) + n for n in (3, 1, 5)]
LENGTHS = np.array([3, 1, 5])
FILLED = np.stack([np.pad(one, ((0, 5 - len(one)), (0, 0)), constant_values=np.nan) for one in SERIES])
LABELS = np.array([0, 1, 0])


@pytest.mark.parametrize(
    ("arrays", "series"),
    [
        ({"x": np.concatenate(SERIES), "n": LENGTHS}, Series("x", "n")),
        ({"x": np.nan_to_num(FILLED, nan=7), "n": LENGTHS}, Series("x", "n")),
        ({"x": FILLED}, Series("x")),
    ],
)
@pytest.mark.parametrize("kind", ["npz", "npy"])
def test_series_end_to_end_or_filled_up_come_out_as_they_are(tmp_path, arrays, series, kind) -> None:
    save_npz(tmp_path, y=LABELS, **arrays)
    for name, array in {"y": LABELS, **arrays}.items():
        np.save(tmp_path / f"{name}.npy", array)
    rule = NPZ("a.npz", (series,)) if kind == "npz" else NPY(".", (series,))
    table = rule.open(tmp_path, frozenset({"x", "y"}))
    column = table.columns["x"]
    assert column.shape == (-1, 2)
    assert dict(column.shapes) == {(3, 2): 0, (1, 2): 1, (5, 2): 2}
    for row, wanted in zip(column.take(np.array([2, 0, 1])), [SERIES[2], SERIES[0], SERIES[1]], strict=True):
        assert np.array_equal(row, wanted)
    assert np.array_equal(table.columns["y"].take(np.arange(3)), LABELS)


@pytest.mark.parametrize(
    ("arrays", "series", "wanted"),
    [
        (
            {"x": np.zeros((4, 2)), "n": LENGTHS},
            Series("x", "n"),
            "'n' of a.npz are not the lengths of 'x', which is 4x2",
        ),
        ({"x": np.zeros((9, 2))}, Series("x", "n"), "a.npz has no array 'n', the lengths of 'x'"),
        ({"x": np.zeros((3, 2), int)}, Series("x"), "'x' of a.npz is no array of series, filled up with NaN"),
        ({"x": np.full((3, 2), np.nan)}, Series("x"), "series 0 of 'x' in a.npz is empty"),
    ],
)
def test_lengths_that_do_not_fit_are_told(tmp_path, arrays, series, wanted) -> None:
    save_npz(tmp_path, y=LABELS, **arrays)
    (found,) = complaints(spec(NPZ("a.npz", (series,))), network((-1, 2)), tmp_path)
    assert found.startswith(wanted)


def test_large_single_arrays_are_mapped_and_only_those_that_are_used(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(npy, "LOADED", 100)
    images = np.random.default_rng(0).random((4, 1, 8, 8), np.float32)
    np.save(tmp_path / "x.npy", images)
    np.save(tmp_path / "y.npy", np.arange(4))
    np.save(tmp_path / "other.npy", np.arange(9))  # of another length, and not used
    data = open_data(spec(NPY(".")), network(), tmp_path)
    assert np.array_equal(all_of(data, "image"), images)
    assert [file.name for file in data.files] == ["x.npy", "y.npy"]
    assert isinstance(read(NPY("x.npy"), tmp_path, None).columns["x"].array, np.memmap)


def test_what_is_no_array_is_told(tmp_path) -> None:
    (tmp_path / "x.npy").write_bytes(b"\x93NUMPY\1\0")
    with pytest.raises(DataError, match=r"x.npy is not an array that can be read"):
        read(NPY("x.npy"), tmp_path, None)
    np.save(tmp_path / "x.npy", np.array([{}], dtype=object))
    with pytest.raises(DataError, match=r"x.npy is not an array that can be read: Object arrays cannot be loaded"):
        read(NPY("x.npy"), tmp_path, None)
