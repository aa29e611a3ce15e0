"""Parquet files, whole and larger than what is kept of them."""

import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from engine.data import encoded, row_groups
from engine.data.dataset import open_data
from engine.data.outside import prepare
from engine.data.preview import preview
from engine.data.sources import CSV, Parquet, TableColumn
from engine.data.spec import DataSpec, Feed, Source, Split
from engine.errors import DataError
from engine.layers.data import Input, Target
from engine.network import Network
from engine.node import Node
from tests.engine.data.made import all_of, complaints, network, spec

RANDOM = np.random.default_rng(7)
COUNT = 50


def save(path: Path, group: int = 8, **columns) -> Path:
    pq.write_table(pa.table(columns), path, row_group_size=group)
    return path


def png(pixels: np.ndarray) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def opened(path: Path, *columns: str, **fields):
    return Parquet(str(path), **fields).open(Path(), frozenset(columns) or None).columns


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (RANDOM.normal(size=COUNT), pa.float64()),
        (RANDOM.normal(size=COUNT).astype(np.float32), pa.float32()),
        (np.arange(COUNT) * 2**40, pa.int64()),
        (np.arange(COUNT) % 2 == 0, pa.bool_()),
        (RANDOM.normal(size=(COUNT, 3)).astype(np.float32), pa.list_(pa.float32(), 3)),
        (RANDOM.integers(0, 9, (COUNT, 2, 3)), pa.list_(pa.list_(pa.int64(), 3), 2)),
        (RANDOM.integers(0, 9, (COUNT, 2, 3)), pa.list_(pa.list_(pa.int64()))),
    ],
)
def test_numbers_and_arrays_come_out_as_they_went_in(tmp_path, values, kind) -> None:
    column = opened(save(tmp_path / "a.parquet", x=pa.array(values.tolist(), kind)))["x"]
    rows = RANDOM.permutation(COUNT)[:20]
    assert column.shape == values.shape[1:]
    assert column.is_whole == (values.dtype.kind in "ib")
    assert np.array_equal(column.take(rows), values[rows])
    assert column.place(17) == "row 17 of a.parquet"


def test_lists_of_unequal_lengths_are_series(tmp_path) -> None:
    series = [RANDOM.normal(size=(n % 4 + 1, 2)).tolist() for n in range(COUNT)]
    column = opened(save(tmp_path / "a.parquet", x=series))["x"]
    assert column.shape == (-1, 2)
    assert column.shapes[(3, 2)] == 2
    assert column.lengths(np.array([2, 5, 40])).tolist() == [3, 2, 1]
    for row, found in zip([9, 2, 44], column.take(np.array([9, 2, 44])), strict=True):
        assert np.array_equal(found, series[row])


@pytest.mark.parametrize("as_dictionary", [False, True])
def test_texts_are_categories_in_every_group(tmp_path, as_dictionary) -> None:
    names = [f"n{place // 10}" for place in range(COUNT)]  # no group has all of them
    array = pa.array(names)
    path = save(tmp_path / "a.parquet", x=array.dictionary_encode() if as_dictionary else array)
    column = opened(path)["x"]
    assert column.classes == ("n0", "n1", "n2", "n3", "n4")
    assert column.take(np.array([49, 0, 25])).tolist() == [4, 0, 2]
    stated = opened(path, columns=(TableColumn("x", values=("n4", "n3", "n2", "n1", "n0")),))["x"]
    assert stated.take(np.array([49, 0, 25])).tolist() == [0, 4, 2]
    with pytest.raises(DataError, match=r"column 'x' holds what is none of its values, first in row 0 of a.parquet"):
        opened(path, columns=(TableColumn("x", values=("n4", "n3")),))


@pytest.mark.parametrize("policy", ["error", "drop", "mean", "median", "constant"])
def test_what_is_missing_is_treated_as_in_a_csv(tmp_path, policy) -> None:
    size = [1.5, None, 4.5, 9.0] * 5
    whole = [1, 2, None, 5] * 5
    kind = ["a", "b", None, "a"] * 5
    save(tmp_path / "t.parquet", group=3, size=size, whole=whole, kind=kind, y=[0, 1] * 10)
    cells = [
        "size,whole,kind,y",
        *(f"{s or ''},{w or ''},{k or ''},{n % 2}" for n, (s, w, k) in enumerate(zip(size, whole, kind, strict=True))),
    ]
    (tmp_path / "t.csv").write_text("\n".join(cells))
    drawn = network((5 if policy == "constant" else 4,), 2)

    def fed(rule) -> DataSpec:
        return spec(rule, columns=("size", "whole", "kind"), split=Split(validation=0.2))

    table, other = fed(CSV("t.csv", missing=policy)), fed(Parquet("t.parquet", missing=policy))
    if policy == "error":
        told = [text.split(", first")[0] for text in complaints(table, drawn, tmp_path)]
        assert [text.split(", first")[0] for text in complaints(other, drawn, tmp_path)] == told
        assert len(told) == 3
        return
    wanted, found = open_data(table, drawn, tmp_path), open_data(other, drawn, tmp_path)
    for part in ("train", "validation"):
        assert np.allclose(all_of(found, "image", part), all_of(wanted, "image", part))
    settled = [column for column in found.spec.sources[0].rule.columns if column.name != "y"]
    assert settled == [column for column in wanted.spec.sources[0].rule.columns if column.name != "y"]


@pytest.mark.parametrize("nested", [False, True])
def test_encoded_pictures_are_decoded(tmp_path, nested) -> None:
    pixels = RANDOM.integers(0, 256, (COUNT, 5, 4, 3), dtype=np.uint8)
    held = [{"bytes": png(one), "path": None} if nested else png(one) for one in pixels]
    if nested:
        Image.fromarray(pixels[3]).save(tmp_path / "beside.png")
        held[3] = {"bytes": None, "path": "beside.png"}
    path = save(tmp_path / "a.parquet", image=held, label=[n % 3 for n in range(COUNT)])
    data = open_data(spec(Parquet(str(path)), x="image", y="label"), network((3, 5, 4)))
    assert np.array_equal(all_of(data, "image"), pixels.transpose(0, 3, 1, 2))
    assert preview(data.spec).columns[0].look == "pictures"
    Image.fromarray(pixels[1]).save(tmp_path / "one.png")
    assert np.array_equal(
        prepare(data.spec, network((3, 5, 4)), "image", tmp_path / "one.png")[0], pixels[1].transpose(2, 0, 1)
    )


def test_several_columns_feed_several_inputs(tmp_path) -> None:
    pixels = RANDOM.integers(0, 256, (COUNT, 5, 4, 3), dtype=np.uint8)
    size, kind = RANDOM.normal(size=COUNT), [f"k{n % 3}" for n in range(COUNT)]
    save(tmp_path / "a.parquet", photo=[png(one) for one in pixels], size=size, kind=kind, y=np.arange(COUNT) % 2)
    nodes = (
        Node("photo", (), Input(sizes=(3, 5, 4))),
        Node("row", (), Input(sizes=(4,))),
        Node("y", (), Target(classes=2)),
    )
    feeds = (Feed("photo", "photo"), Feed("row", columns=("size", "kind")), Feed("y", "y"))
    split = Split(validation=0.2, stratified=True, group="kind")
    data = open_data(DataSpec((Source(Parquet("a.parquet")),), split, feeds), Network(nodes), tmp_path)
    rows = data.part("train").rows
    assert np.array_equal(all_of(data, "photo"), pixels.transpose(0, 3, 1, 2)[rows])
    assert np.allclose(all_of(data, "row")[:, 0], size[rows])
    assert np.array_equal(all_of(data, "row")[:, 1:].argmax(axis=1), rows % 3)
    assert not set(rows % 3) & set(data.part("validation").rows % 3)


def test_a_column_may_name_pictures_or_hold_masks(tmp_path) -> None:
    pixels = RANDOM.integers(0, 256, (3, 5, 4, 3), dtype=np.uint8)
    (tmp_path / "photos").mkdir()
    for number, one in enumerate(pixels):
        Image.fromarray(one).save(tmp_path / "photos" / f"{number}.png")
    masks = pixels[..., 0] // 100
    names = ["1.png", "0.png", None, "2.png"]
    save(tmp_path / "a.parquet", 2, file=names, mask=[png(masks[n]) for n in (1, 0, 0, 2)])
    said = (TableColumn("file", kind="picture", missing="drop"), TableColumn("mask", kind="mask"))
    nodes = (Node("photo", (), Input(sizes=(3, 5, 4))), Node("mask", (), Target(classes=3, sizes=(5, 4))))
    rule = Parquet("a.parquet", folder="photos", columns=said)
    data_spec = DataSpec((Source(rule),), feeds=(Feed("photo", "file"), Feed("mask", "mask")))
    data = open_data(data_spec, Network(nodes), tmp_path)
    assert np.array_equal(all_of(data, "photo"), pixels[[1, 0, 2]].transpose(0, 3, 1, 2))
    assert np.array_equal(all_of(data, "mask"), masks[[1, 0, 2]])
    assert [file.name for file in data.files] == ["a.parquet", "1.png", "0.png", "2.png"]


def test_the_bytes_of_pictures_are_not_read_to_see_whether_they_are_there(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(encoded, "EXAMINED", 0)
    monkeypatch.setattr("engine.data.grouped.SPREAD", 8)
    monkeypatch.setattr(encoded, "SPREAD", 8)
    content = png(RANDOM.integers(0, 256, (5, 4, 3), dtype=np.uint8))
    held = [{"bytes": content, "path": None}] * COUNT
    path = save(tmp_path / "a.parquet", image=held, label=[0] * COUNT)
    reads: list[tuple[int, str]] = []
    read = row_groups.RowGroups.read
    monkeypatch.setattr(row_groups.RowGroups, "read", lambda self, n, c: reads.append((n, c)) or read(self, n, c))
    opened(path)
    assert {group for group, column in reads if column == "image"} == {0}
    save(path, image=[*held[:30], {"bytes": None, "path": None}, *held[31:]], label=[0] * COUNT)
    assert opened(path)["image"].missing().tolist() == [30]


def test_pictures_that_cannot_be_read_are_named_by_their_rows(tmp_path) -> None:
    pixels = RANDOM.integers(0, 256, (5, 4, 3), dtype=np.uint8)
    path = save(tmp_path / "a.parquet", image=[png(pixels), b"nothing", png(pixels)[:-40]], label=[0, 1, 2])
    (told,) = complaints(spec(Parquet(str(path)), x="image", y="label"), network((3, 5, 4)))
    assert told.startswith(
        "column 'image': 2 of 3 pictures cannot be read (row 1 of a.parquet: it is no picture; row 2 of"
    )


def test_the_files_of_a_folder_follow_one_another_and_must_have_the_same_columns(tmp_path) -> None:
    save(tmp_path / "1.parquet", x=[[1.0], [2.0]], y=["a", "b"])
    save(tmp_path / "2.parquet", x=[[3.0]], y=["c"])
    data = open_data(spec(Parquet(".")), network((1,), 3), tmp_path)
    assert all_of(data, "image").tolist() == [[1], [2], [3]]
    assert data.labels["digit"] == ("a", "b", "c")
    assert data.feedings[0].column.place(2) == "row 0 of 2.parquet"
    save(tmp_path / "2.parquet", x=[3], y=["c"])
    assert complaints(spec(Parquet(".")), network((1,), 3), tmp_path) == ["2.parquet has other columns than 1.parquet"]


def test_what_cannot_be_read_is_told(tmp_path) -> None:
    path = save(tmp_path / "a.parquet", x=pa.array([1, 2], pa.timestamp("ms")), y=[0, 1])
    (told,) = complaints(spec(Parquet(str(path))), network(()))
    assert told == "column 'x' is timestamp[ms], which cannot be read"
    content = path.read_bytes()
    path.write_bytes(content[:-9])
    (told,) = complaints(spec(Parquet(str(path))), network(()))
    assert told.startswith("a.parquet is not a Parquet file that can be read: ")


def large(tmp_path: Path) -> tuple[DataSpec, Network, np.ndarray]:
    """Rows of 400 bytes in 40 groups, of which few fit into what is kept by the tests below."""
    values = RANDOM.normal(size=(400, 100)).astype(np.float32)
    array = pa.FixedSizeListArray.from_arrays(pa.array(values.ravel()), 100)
    pq.write_table(
        pa.table({"x": array, "y": np.arange(400)}),
        tmp_path / "l.parquet",
        row_group_size=10,
        compression="none",
        use_dictionary=False,
    )
    nodes = (Node("x", (), Input(sizes=(100,))), Node("y", (), Target(sizes=())))
    feeds = (Feed("x", "x"), Feed("y", "y"))
    return (
        DataSpec((Source(Parquet(str(tmp_path / "l.parquet"))),), Split(validation=0.25), feeds),
        Network(nodes),
        values,
    )


def test_groups_are_forgotten_when_others_are_read(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(row_groups, "KEPT", 40_000)
    data_spec, drawn, values = large(tmp_path)
    data = open_data(data_spec, drawn)
    seen = list(data.part("train").batches(16, seed=1, shuffle=True))
    rows = np.concatenate([batch["y"] for batch in seen]).astype(int)
    assert sorted(rows) == data.part("train").rows.tolist()
    assert np.array_equal(np.concatenate([batch["x"] for batch in seen]), values[rows])
    groups = data.feedings[0].column.groups
    assert 0 < groups.recent.nbytes <= 40_000


def test_an_epoch_mixes_a_few_groups_at_a_time_and_reads_each_but_once(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(row_groups, "KEPT", 40_000)
    data_spec, drawn, _ = large(tmp_path)
    data = open_data(data_spec, drawn)
    part = data.part("train")
    reads: list[int] = []
    read = row_groups.RowGroups.read
    monkeypatch.setattr(row_groups.RowGroups, "read", lambda self, n, c: reads.append(n) or read(self, n, c))
    orders = [
        np.concatenate([batch["y"] for batch in part.batches(16, seed=1, epoch=epoch, shuffle=True)]).astype(int)
        for epoch in (0, 1)
    ]
    assert part.stretches is not None
    assert 2 <= part.stretches.together <= 8
    assert len(reads) <= 2 * 2 * 40 + 2 * 2 * part.stretches.together
    assert not np.array_equal(*orders)
    windows = [orders[0][start : start + 10] // 10 for start in range(0, 300, 10)]
    assert max(len(set(window.tolist())) for window in windows) > 1
    again = np.concatenate([batch["y"] for batch in part.batches(16, seed=1, shuffle=True, start=5)])
    assert np.array_equal(again, orders[0][80:])


def test_many_pictures_are_looked_at_here_and_there_only(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(encoded, "EXAMINED", 0)
    monkeypatch.setattr("engine.data.grouped.SPREAD", 16)
    monkeypatch.setattr(encoded, "SPREAD", 16)
    pixels = RANDOM.integers(0, 256, (COUNT, 5, 4, 3), dtype=np.uint8)
    held = [png(one) for one in pixels]
    held[20] = b"nothing"
    path = save(tmp_path / "a.parquet", image=held, label=[0] * COUNT)
    data = open_data(spec(Parquet(str(path)), x="image", y="label"), network((3, 5, 4)))
    column = data.feedings[0].column
    assert column.shape == (3, 5, 4)
    assert 8 <= (column.sizes[:, 0] > 0).sum() <= 24
    assert np.array_equal(column.take(np.array([12]))[0], pixels[12].transpose(2, 0, 1))
    with pytest.raises(DataError, match=r"row 20 of a.parquet can no longer be read: it is no picture"):
        column.take(np.array([20]))


def test_values_that_are_stored_once_are_counted_as_large_as_they_become(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(row_groups, "KEPT", 40_000)
    values = RANDOM.integers(0, 2, 40_000).astype(np.float32)  # a bit each in the file
    array = pa.FixedSizeListArray.from_arrays(pa.array(values), 100)
    path = save(tmp_path / "a.parquet", 10, x=array, y=np.arange(400) % 2)
    assert path.stat().st_size < 40_000
    data = open_data(spec(Parquet(str(path))), network((100,)))
    assert data.part("train").stretches.together <= 5
    list(data.part("train").batches(64, shuffle=True))
    assert 0 < data.feedings[0].column.groups.recent.nbytes <= 40_000


def test_a_row_group_that_is_too_large_is_told_before_it_is_read(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(row_groups, "LARGEST", 1000)
    path = save(tmp_path / "a.parquet", 400, x=RANDOM.normal(size=400), y=[0] * 400)
    (told,) = complaints(spec(Parquet(str(path))), network(()))
    assert told == "a row group of a.parquet takes 0.0 GB, and is read as a whole"


def test_a_group_that_goes_bad_while_training_is_named(tmp_path) -> None:
    path = save(tmp_path / "a.parquet", x=RANDOM.normal(size=COUNT), y=[0, 1] * (COUNT // 2))
    data = open_data(spec(Parquet(str(path))), network(()))
    data.feedings[0].column.groups.recent._held.clear()
    start = pq.read_metadata(path).row_group(2).column(0).data_page_offset
    content = path.read_bytes()
    path.write_bytes(content[:start] + b"\xff" * 40 + content[start + 40 :])
    with pytest.raises(DataError, match=r"^row group 2 of a.parquet, column 'x', cannot be read: "):
        list(data.part("train").batches(8))
    path.unlink()
    with pytest.raises(DataError, match=r"^row group 2 of a.parquet, column 'x', cannot be read: "):
        list(data.part("train").batches(8))


def test_a_list_with_a_hole_is_an_error_and_not_a_number(tmp_path) -> None:
    path = save(tmp_path / "a.parquet", x=pa.array([[1, 2], [3, None]], pa.list_(pa.int64(), 2)), y=[0, 1])
    (told,) = complaints(spec(Parquet(str(path))), network((2,)))
    assert told.endswith("column 'x' holds values that are no numbers (NaN or infinite), first in row 1 of a.parquet")


def test_a_file_without_rows_is_told(tmp_path) -> None:
    path = save(tmp_path / "a.parquet", x=pa.array([], pa.float64()), y=pa.array([], pa.int64()))
    assert complaints(spec(Parquet(str(path))), network(())) == ["a.parquet has no rows"]


@pytest.mark.parametrize(
    "kinds", [(np.float32, np.int64, np.float64), (np.uint8,) * 3, (np.uint8, np.float32, np.int16)]
)
def test_numbers_side_by_side_are_what_the_columns_hold_with_their_gaps_filled(tmp_path, kinds, monkeypatch) -> None:
    monkeypatch.setattr("engine.data.abreast.TOGETHER", 2)
    monkeypatch.setattr("engine.data.abreast.STRIP", 3)
    values = [RANDOM.integers(0, 200, COUNT).astype(kind) for kind in kinds]
    gappy = np.where(np.arange(COUNT) % 7 == 3, np.nan, RANDOM.normal(size=COUNT))
    path = save(tmp_path / "a.parquet", a=values[0], b=values[1], c=values[2], d=gappy, y=[0] * COUNT)
    feeds = (Feed("image", columns=("a", "b", "c", "d")), Feed("digit", "y"))
    source = Source(Parquet(str(path), columns=(TableColumn(name="d", missing="constant", fill="5"),)))
    data = open_data(DataSpec((source,), feeds=feeds), network((4,)))
    rows = RANDOM.permutation(COUNT)[:20]
    wanted = np.stack([*values, np.where(np.isnan(gappy), 5, gappy)], axis=1).astype(np.float32)
    assert np.array_equal(data.feedings[0].column.take(rows), wanted[rows])


def test_columns_side_by_side_are_decoded_once_a_group(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(row_groups, "KEPT", 4_000)
    columns = {name: RANDOM.normal(size=400).astype(np.float32) for name in "abcd"}
    path = save(tmp_path / "a.parquet", 100, **columns, y=np.arange(400) % 2)
    feeds = (Feed("image", columns=tuple("abcd")), Feed("digit", "y"))
    data = open_data(DataSpec((Source(Parquet(str(path))),), feeds=feeds), network((4,)))
    read, each = [], row_groups.RowGroups.each
    monkeypatch.setattr(row_groups.RowGroups, "each", lambda self, n, c: read.append((n, *c)) or each(self, n, c))
    list(data.part("train").batches(10, shuffle=True))
    assert read.count((0, "a", "b", "c", "d")) <= 1
    assert len(read) <= 2 * 4
