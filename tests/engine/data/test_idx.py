"""IDX files, gzipped or not."""

import gzip

import numpy as np
import pytest

from engine.data import idx
from engine.data.dataset import open_data
from engine.data.idx import array_of
from engine.data.sources import IDX
from engine.errors import DataError
from tests.engine.data.made import all_of, complaints, network, save_idx, spec

IMAGES = np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5)


@pytest.mark.parametrize("name", ["images", "images.gz"])
def test_grey_images_get_an_axis_for_their_channel(tmp_path, name) -> None:
    save_idx(tmp_path / name, IMAGES)
    save_idx(tmp_path / "labels", np.array([2, 0, 1]))
    data = open_data(spec(IDX(name, "labels"), x="image", y="label"), network((1, 4, 5)), tmp_path)
    assert np.array_equal(all_of(data, "image"), IMAGES[:, None].astype(np.float32))
    assert all_of(data, "digit").tolist() == [2, 0, 1]


def test_a_large_plain_file_is_mapped_and_not_loaded(tmp_path, monkeypatch) -> None:
    assert not isinstance(array_of(save_idx(tmp_path / "images", IMAGES)), np.memmap)
    monkeypatch.setattr(idx, "LOADED", 10)
    assert isinstance(array_of(save_idx(tmp_path / "images", IMAGES)), np.memmap)


@pytest.mark.parametrize(("code", "kind"), [(0x09, ">i1"), (0x0B, ">i2"), (0x0C, ">i4"), (0x0D, ">f4"), (0x0E, ">f8")])
def test_every_type_of_the_format_is_read(tmp_path, code, kind) -> None:
    values = np.array([[-3, 4], [5, 100]], kind)
    (tmp_path / "a").write_bytes(bytes([0, 0, code, 2, 0, 0, 0, 2, 0, 0, 0, 2]) + values.tobytes())
    assert np.array_equal(array_of(tmp_path / "a"), values)


def test_the_bundled_fashion_has_two_hundred_of_each_class() -> None:
    source = IDX("bundled:fashion/images-idx3-ubyte.gz", "bundled:fashion/labels-idx1-ubyte.gz")
    data = open_data(spec(source, x="image", y="label"), network((1, 28, 28)))
    assert data.counts["train"]["digit"] == {str(label): 200 for label in range(10)}


def test_images_and_labels_of_different_number_are_told(tmp_path) -> None:
    save_idx(tmp_path / "images", IMAGES)
    save_idx(tmp_path / "labels", np.zeros(2))
    wanted = "images has 3 images and labels 2 labels"
    assert complaints(spec(IDX("images", "labels"), x="image", y="label"), network((1, 4, 5)), tmp_path) == [wanted]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it begins with nothing, not with two noughts"),
        (b"\0\0\x08\x01\0\0\0\x09abc", "its head promises 9 values, and it has 3"),
        (b"\0\0\x07\x01\0\0\0\x01a", "it begins with 00 00 07 01, not with two noughts"),
        (b"\0\0\x08\x03\0\0", "it is cut off in its head"),
        (gzip.compress(b"\0\0\x08\x01\0\0\0\x02ab", mtime=0)[:-9], "Compressed file ended"),
    ],
)
def test_a_damaged_file_says_what_is_wrong(tmp_path, content, reason) -> None:
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(DataError, match=f"a is not an IDX file that can be read: {reason}"):
        array_of(tmp_path / "a")
