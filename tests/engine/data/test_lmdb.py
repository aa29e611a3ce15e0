"""Caffe's databases, written by lmdb and google.protobuf."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.data.dataset import open_data
from engine.data.outside import prepare
from engine.data.sources import LMDB
from engine.errors import DataError
from tests.engine.data.databases import Datum, encoded, raw, save_database
from tests.engine.data.made import all_of, complaints, network, spec

PIXELS = np.random.default_rng(4).integers(0, 256, (5, 4, 6, 3), dtype=np.uint8)


def database(path: Path, entries: list) -> LMDB:
    return LMDB(str(save_database(path, entries)))


def fed(rule: LMDB):
    return spec(rule, x="image", y="label")


@pytest.mark.parametrize("make", [raw, encoded])
def test_images_come_out_with_red_first_and_their_labels(tmp_path, make) -> None:
    rule = database(tmp_path / "db", [make(one, label) for label, one in enumerate(PIXELS)])
    data = open_data(fed(rule), network((3, 4, 6)))
    assert np.array_equal(all_of(data, "image"), PIXELS.transpose(0, 3, 1, 2))
    assert all_of(data, "digit").tolist() == [0, 1, 2, 3, 4]
    assert data.part("train").sample(1).place == "entry '00000001_x.jpg' of db"
    assert [file.name for file in data.files] == ["data.mdb"]


def test_the_order_of_colours_may_be_said(tmp_path) -> None:
    database(tmp_path / "db", [raw(PIXELS[0])])
    data = open_data(fed(LMDB(str(tmp_path / "db"), order="rgb")), network((3, 4, 6)))
    assert np.array_equal(all_of(data, "image")[0], PIXELS[0].transpose(2, 0, 1)[::-1])


@pytest.mark.parametrize("is_packed", [False, True])
def test_floats_are_read_packed_or_not(tmp_path, is_packed) -> None:
    values = np.random.default_rng(1).normal(size=(2, 7)).astype("<f4")
    entries = []
    for label, one in enumerate(values):
        datum = Datum(channels=7, height=1, width=1, label=-1 - label)
        if not is_packed:
            datum.float_data.extend(one.tolist())
        tail = b"\x32" + bytes([one.nbytes]) + one.tobytes() if is_packed else b""
        entries.append(datum.SerializeToString() + tail)
    columns = database(tmp_path / "db", entries).open(Path()).columns
    assert np.array_equal(columns["image"].take(np.array([1, 0]))[..., 0, 0], values[::-1])
    assert columns["label"].take(np.arange(2)).tolist() == [-1, -2]
    assert not columns["image"].is_whole


def test_a_database_is_neither_written_to_nor_locked(tmp_path) -> None:
    rule = database(tmp_path / "db", [raw(PIXELS[0])])
    (tmp_path / "db" / "lock.mdb").unlink()
    (tmp_path / "db" / "data.mdb").chmod(0o444)
    before = (tmp_path / "db" / "data.mdb").read_bytes()
    data = open_data(fed(rule), network((3, 4, 6)))
    again = open_data(fed(rule), network((3, 4, 6)))
    assert np.array_equal(all_of(data, "image"), all_of(again, "image"))
    assert [file.name for file in (tmp_path / "db").iterdir()] == ["data.mdb"]
    assert (tmp_path / "db" / "data.mdb").read_bytes() == before


def test_entries_that_are_none_or_unlike_the_others_are_named(tmp_path) -> None:
    cut = raw(PIXELS[0]).SerializeToString()[:-9]
    rule = database(
        tmp_path / "db", [raw(PIXELS[0]), cut, encoded(PIXELS[1]), b"\xff\xff", Datum(channels=3, data=b"1")]
    )
    (told,) = complaints(fed(rule), network((3, 4, 6)))
    first, *others = told.split("; ")
    assert first.startswith("4 of 5 entries of db do not hold raw bytes as Caffe writes them (00000001_x.jpg: it is no")
    assert others == [
        "00000002_xx.jpg: encoded pictures",
        "00000003_.jpg: it is no Datum, it is cut off",
        "00000004_x.jpg: it is no Datum, it has not the values of 3x0x0)",
    ]


def test_a_database_that_is_cut_off_is_told_and_not_looked_into(tmp_path) -> None:
    rule = database(tmp_path / "db", [raw(one) for one in PIXELS] * 20)
    file = tmp_path / "db" / "data.mdb"
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])
    (told,) = complaints(fed(rule), network((3, 4, 6)))
    assert told.startswith("db is not an LMDB that can be read: it is cut off: its head promises ")


def test_what_is_no_database_is_told(tmp_path) -> None:
    (tmp_path / "db").mkdir()
    (tmp_path / "db" / "data.mdb").write_bytes(b"nothing" * 2000)
    (told,) = complaints(fed(LMDB(str(tmp_path / "db"))), network((3, 4, 6)))
    assert told.startswith("db is not an LMDB that can be read: ")
    database(tmp_path / "empty", [])
    assert complaints(fed(LMDB(str(tmp_path / "empty"))), network((3, 4, 6))) == ["empty holds no entries"]


def test_a_picture_from_outside_is_prepared_like_the_entries(tmp_path) -> None:
    rule = database(tmp_path / "db", [encoded(PIXELS[0])])
    Image.fromarray(PIXELS[2]).save(tmp_path / "a.png")
    made = prepare(fed(rule), network((3, 4, 6)), "image", tmp_path / "a.png")
    assert np.array_equal(made[0], PIXELS[2].transpose(2, 0, 1))


def test_a_database_that_vanishes_while_training_is_named(tmp_path) -> None:
    rule = database(tmp_path / "db", [raw(one) for one in PIXELS])
    data = open_data(fed(rule), network((3, 4, 6)))
    (tmp_path / "db" / "data.mdb").unlink()
    with pytest.raises(DataError, match=r"^db can no longer be read: "):
        list(data.part("train").batches(2))
