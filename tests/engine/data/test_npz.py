"""NumPy archives."""

import numpy as np
import pytest

import resources
from engine.data import npz
from engine.data.dataset import open_data
from engine.data.npz import read
from engine.data.sources import NPZ
from engine.errors import DataError
from tests.engine.data.made import all_of, complaints, network, save_npz, spec


def test_the_digits_arrive_as_they_are_in_the_archive() -> None:
    data = open_data(spec(NPZ("bundled:digits.npz")), network())
    archive = np.load(resources.path("data", "digits.npz"))
    image = all_of(data, "image")
    assert image.dtype == np.float32
    assert np.array_equal(image, archive["x"])
    assert np.array_equal(all_of(data, "digit"), archive["y"])


@pytest.mark.parametrize("array", [np.arange(12.0).reshape(4, 3), np.asfortranarray(np.arange(12.0).reshape(4, 3))])
def test_a_large_uncompressed_array_is_mapped_and_not_loaded(tmp_path, monkeypatch, array) -> None:
    monkeypatch.setattr(npz, "LOADED", 100)
    save_npz(tmp_path, first=np.zeros(4), x=array)
    column = read(NPZ("a.npz"), tmp_path, frozenset({"x"})).columns["x"]
    assert isinstance(column.array, np.memmap)
    assert np.array_equal(column.take(np.array([2, 0])), array[[2, 0]])


def test_a_compressed_array_is_read(tmp_path) -> None:
    array = np.arange(12.0).reshape(4, 3)
    np.savez_compressed(tmp_path / "a.npz", x=array)
    assert np.array_equal(read(NPZ("a.npz"), tmp_path, None).columns["x"].take(np.arange(4)), array)


def test_texts_are_classes_in_alphabetical_order(tmp_path) -> None:
    save_npz(tmp_path, x=np.zeros((3, 1, 8, 8)), y=np.array(["wolf", "cat", "wolf"]))
    data = open_data(spec(NPZ("a.npz")), network(classes=2), tmp_path)
    assert data.labels == {"digit": ("cat", "wolf")}
    assert all_of(data, "digit").tolist() == [1, 0, 1]


def test_arrays_of_objects_are_refused_and_never_unpacked(tmp_path) -> None:
    save_npz(tmp_path, x=np.array([{"a": 1}], dtype=object))
    with pytest.raises(DataError, match=r"a.npz is not a NumPy archive that can be read: x.npy holds Python objects"):
        read(NPZ("a.npz"), tmp_path, None)


def test_different_lengths_are_told_with_the_lengths(tmp_path) -> None:
    save_npz(tmp_path, x=np.zeros((3, 1, 8, 8)), y=np.zeros(4, int))
    assert complaints(spec(NPZ("a.npz")), network(), tmp_path) == [
        "the arrays of a.npz have different lengths: x 3, y 4"
    ]


def test_a_cut_off_archive_is_an_error_in_a_sentence(tmp_path) -> None:
    path = save_npz(tmp_path, x=np.zeros((3, 1, 8, 8)))
    path.write_bytes(path.read_bytes()[:200])
    (found,) = complaints(spec(NPZ("a.npz")), network(), tmp_path)
    assert found.startswith("a.npz is not a NumPy archive that can be read")
