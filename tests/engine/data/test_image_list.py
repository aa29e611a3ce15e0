"""Tables of picture files: one label, several targets, a number, pictures beside other columns."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.data.dataset import open_data
from engine.data.outside import prepare
from engine.data.preview import preview
from engine.data.sources import CSV, TableColumn
from engine.data.spec import DataSpec, Feed, Source
from engine.layers.data import Input, Target
from engine.network import Network
from engine.node import Node
from tests.engine.data.made import all_of, complaints, network

PIXELS = np.random.default_rng(5).integers(0, 256, (3, 4, 6, 3), dtype=np.uint8)
FILE = TableColumn("file", kind="picture")
TABLE = "file,kind,dark,weight,mask\nb.png,cat,1,2.5,m.png\na.png,dog,0,1.5,m.png\ns/c.png,cat,1,,m.png\n"


@pytest.fixture
def folder(tmp_path) -> Path:
    (tmp_path / "s").mkdir()
    for name, pixels in zip(("b.png", "a.png", "s/c.png"), PIXELS, strict=True):
        Image.fromarray(pixels).save(tmp_path / name)
    Image.fromarray(PIXELS[0, ..., 0] // 100).save(tmp_path / "m.png")
    (tmp_path / "list.csv").write_text(TABLE)
    return tmp_path


def spec(*feeds: Feed, **fields) -> DataSpec:
    fields = {"columns": (FILE,), **fields}
    return DataSpec((Source(CSV("list.csv", **fields)),), feeds=(Feed("image", "file"), *feeds))


def test_a_column_of_file_names_is_one_of_pictures_beside_the_labels(folder) -> None:
    data = open_data(spec(Feed("digit", "kind")), network((3, 4, 6)), folder)
    assert np.array_equal(all_of(data, "image"), PIXELS.transpose(0, 3, 1, 2))
    assert all_of(data, "digit").tolist() == [0, 1, 0]
    assert data.labels["digit"] == ("cat", "dog")
    assert [file.name for file in data.files] == ["list.csv", "b.png", "a.png", "c.png"]
    assert data.spec.sources[0].rule.columns[0] == TableColumn("file", kind="picture", missing="error")


def test_several_targets_and_a_row_of_numbers_stand_beside_a_picture(folder) -> None:
    nodes = (
        Node("image", (), Input(sizes=(1, 4, 6))),
        Node("row", (), Input(sizes=(3,))),
        Node("both", (), Target(sizes=(2,))),
        Node("weight", (), Target(sizes=())),
    )
    feeds = (Feed("row", columns=("kind", "dark")), Feed("both", columns=("dark", "dark")), Feed("weight", "weight"))
    data = open_data(spec(*feeds, mode="gray", missing="mean"), Network(nodes), folder)
    assert all_of(data, "both").tolist() == [[1, 1], [0, 0]]  # whose target is missing is left out
    assert all_of(data, "weight").tolist() == [2.5, 1.5]
    assert all_of(data, "row").tolist() == [[1, 0, 1], [0, 1, 0]]
    assert np.array_equal(all_of(data, "image")[0, 0], np.asarray(Image.fromarray(PIXELS[0]).convert("L")))


def test_masks_may_be_named_in_the_table_too(folder) -> None:
    nodes = (Node("image", (), Input(sizes=(3, 4, 6))), Node("mask", (), Target(classes=3, sizes=(4, 6))))
    said = spec(Feed("mask", "mask"), columns=(FILE, TableColumn("mask", kind="mask")))
    data = open_data(said, Network(nodes), folder)
    assert np.array_equal(all_of(data, "mask")[1], PIXELS[0, ..., 0] // 100)


def test_pictures_may_lie_in_another_folder(folder) -> None:
    (folder / "t").mkdir()
    (folder / "list.csv").rename(folder / "t" / "list.csv")
    lost = complaints(spec(Feed("digit", "kind")), network((3, 4, 6)), folder / "t")
    places = ("b.png, line 2", "a.png, line 3", "s/c.png, line 4")
    told = "; ".join(f"{place}: there is no such file" for place in places)
    assert lost == [f"column 'file': 3 of 3 pictures cannot be read ({told})"]
    data = open_data(spec(Feed("digit", "kind"), folder=".."), network((3, 4, 6)), folder / "t")
    assert len(data.part("train")) == 3


def test_a_gap_among_pictures_is_an_error_or_drops_the_row(folder) -> None:
    (folder / "list.csv").write_text("file,kind\n,cat\na.png,dog\n")
    (told,) = complaints(spec(Feed("digit", "kind"), missing="mean"), network((3, 4, 6)), folder)
    assert told == "column 'file' has no value in 1 row, first in line 2"
    data = open_data(spec(Feed("digit", "kind"), missing="drop"), network((3, 4, 6)), folder)
    assert np.array_equal(all_of(data, "image"), PIXELS[1:2].transpose(0, 3, 1, 2))
    (view,) = (view for view in preview(data.spec, folder).columns if view.name == "file")
    assert (view.missing, view.look, view.shape) == (1, "pictures", (3, 4, 6))
    (told,) = complaints(
        spec(Feed("digit", "kind"), columns=(TableColumn("file", kind="picture", missing="mean"),)), network(), folder
    )
    assert told == "column 'file' holds neither numbers nor categories, and its gaps cannot be filled"


def test_a_picture_or_a_list_of_them_is_taken_from_outside(folder) -> None:
    said = open_data(spec(Feed("digit", "kind")), network((3, 4, 6)), folder).spec
    one = prepare(said, network((3, 4, 6)), "image", folder / "a.png")
    assert np.array_equal(one[0], PIXELS[1].transpose(2, 0, 1))
    assert np.array_equal(prepare(said, network((3, 4, 6)), "image", folder / "list.csv"), PIXELS.transpose(0, 3, 1, 2))
    row = prepare(said, network((3, 4, 6)), "image", {"file": str(folder / "a.png")})
    assert np.array_equal(row, one)
