"""Guesses of source and feeds, and previews."""

import gzip
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

import resources
from engine.data.dataset import open_data
from engine.data.preview import preview
from engine.data.recognition import is_data
from engine.data.sources import CSV, IDX, LMDB, NPY, NPZ, ImageFolder, MaskFolders, Parquet, RecordIO, TableColumn, Text
from engine.data.suggest import suggest_spec
from engine.errors import DataError
from engine.layers.data import Input, Target
from engine.network import Network
from engine.node import Node
from engine.schema.files import load
from tests.engine.data.databases import framed, packed, raw, save_database
from tests.engine.data.made import save_idx, save_npz, spec


@pytest.mark.parametrize(
    ("gallery", "data", "kind"),
    [
        ("lenet", "digits.npz", NPZ),
        ("penguins_mlp", "penguins.csv", CSV),
        ("texture_cnn", "textures", ImageFolder),
        ("char_lstm", "persuasion.txt", Text),
        ("fashion_cnn", "fashion/images-idx3-ubyte.gz", IDX),
    ],
)
def test_the_bundled_data_are_told_and_fit_what_they_are_meant_for(gallery, data, kind) -> None:
    network = load(resources.path("gallery", f"{gallery}.txtpb")).model.network
    if gallery == "penguins_mlp":  # the guess takes every column, the gallery leaves the year out
        network = network.set_layer("penguin", type(network["penguin"].layer)(sizes=(10,)))
    guessed = suggest_spec(resources.path("data", *data.split("/")), network)
    assert isinstance(guessed.sources[0].rule, kind)
    assert {name for name, part in open_data(guessed, network).parts.items() if len(part)} == {"train", "validation"}


def test_idx_finds_its_partner_from_either_side(tmp_path) -> None:
    images = save_idx(tmp_path / "t-images-idx3-ubyte", np.zeros((2, 3, 3)))
    labels = save_idx(tmp_path / "t-labels-idx1-ubyte", np.zeros(2))
    for path in (images, labels):
        assert suggest_spec(path).sources[0].rule == IDX(str(images), str(labels))


def test_semicolons_and_tabulators_are_noticed(tmp_path) -> None:
    (tmp_path / "a.csv").write_text("a;b\n1;2\n3;4\n")
    (tmp_path / "b.tsv").write_text("a\tb\n1\t2\n3\t4\n")
    assert suggest_spec(tmp_path / "a.csv").sources[0].rule.delimiter == ";"
    assert suggest_spec(tmp_path / "b.tsv").sources[0].rule.delimiter == "tab"


def test_names_do_not_deceive(tmp_path) -> None:
    path = save_npz(tmp_path, x=np.zeros((3, 2)))
    path.rename(tmp_path / "table.csv")
    assert isinstance(suggest_spec(tmp_path / "table.csv").sources[0].rule, NPZ)


@pytest.mark.parametrize("content", [b"\x7fELF\0\0\0", gzip.compress(b"\x7fELF\0", mtime=0)[:-3]])
def test_what_is_no_data_is_told(tmp_path, content) -> None:
    (tmp_path / "a.bin").write_bytes(content)
    with pytest.raises(DataError, match=r"a.bin (is no kind of data that is known|cannot be read)"):
        suggest_spec(tmp_path / "a.bin")


def columns(source) -> dict:
    return {view.name: view for view in preview(spec(source)).columns}


def test_a_preview_of_a_table_counts_classes_and_gaps() -> None:
    views = columns(CSV("bundled:penguins.csv"))
    assert views["species"].counts == {"Adelie": 152, "Chinstrap": 68, "Gentoo": 124}  # as its authors say
    assert views["sex"].missing == 11
    assert (views["body_mass_g"].low, views["body_mass_g"].high) == (2700, 6300)
    assert [views["species"].spelled(sample) for sample in views["species"].samples[:2]] == ["Adelie", "Adelie"]
    assert views["sex"].spelled(views["sex"].samples[3]) == ""


def test_a_preview_of_digits_shows_pictures_and_labels() -> None:
    views = columns(NPZ("bundled:digits.npz"))
    assert (views["x"].look, views["x"].shape, views["x"].low, views["x"].high) == ("pictures", (1, 8, 8), 0, 16)
    assert sum(views["y"].counts.values()) == 1797
    assert len(views["x"].samples) == 20


def test_a_preview_of_a_text_can_be_read() -> None:
    view = columns(Text("bundled:persuasion.txt", length=10))["x"]
    assert view.spelled(view.samples[0]) == "Persuasion"
    assert view.look == "characters"


def test_a_preview_of_pictures_says_where_they_lie() -> None:
    found = preview(spec(ImageFolder("bundled:textures")), Path(), 3)
    assert found.rows == 192
    assert found.places[0].startswith("brick/")


PIXELS = np.random.default_rng(1).integers(0, 256, (2, 6, 8, 3), dtype=np.uint8)


def picture(path: Path, pixels: np.ndarray = PIXELS[0]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


def kinds(folder: Path) -> dict[Path, object]:
    """Data of every kind below `folder`, and what each is to be taken for."""
    for name in ("a", "b"):
        picture(folder / "classes" / name / "1.png")
        picture(folder / "nested" / "x" / name / "1.png")
        picture(folder / "images" / f"{name}.png")
        picture(folder / "masks" / f"{name}.png", PIXELS[0, ..., 0] // 128)
        picture(folder / "list" / f"{name}.png")
    (folder / "list" / "l.csv").write_text("file,kind\na.png,x\nb.png,y\n")
    np.save(folder / "one.npy", np.zeros(3))
    (folder / "arrays").mkdir()
    for name in ("x", "y"):
        np.save(folder / "arrays" / f"{name}.npy", np.zeros(3))
    (folder / "tables").mkdir()
    pq.write_table(pa.table({"x": [1.0], "y": ["a"]}), folder / "tables" / "t.parquet")
    record = packed(picture(folder / "r.png").read_bytes(), 1.0)
    (folder / "r.rec").write_bytes(framed(record))
    (folder / "r.idx").write_text("0\t0\n")
    save_database(folder / "db", [raw(PIXELS[0])])
    files = {"picture": TableColumn("file", kind="picture")}
    return {
        folder / "classes": ImageFolder(str(folder / "classes")),
        folder / "nested": ImageFolder(str(folder / "nested"), nested=True),
        folder: MaskFolders(str(folder / "images"), str(folder / "masks")),
        folder / "list": CSV(str(folder / "list" / "l.csv"), missing="mean", columns=(files["picture"],)),
        folder / "list" / "l.csv": CSV(str(folder / "list" / "l.csv"), missing="mean", columns=(files["picture"],)),
        folder / "one.npy": NPY(str(folder / "one.npy")),
        folder / "arrays": NPY(str(folder / "arrays")),
        folder / "arrays" / "x.npy": NPY(str(folder / "arrays")),
        folder / "tables": Parquet(str(folder / "tables"), missing="mean"),
        folder / "tables" / "t.parquet": Parquet(str(folder / "tables" / "t.parquet"), missing="mean"),
        folder / "r.rec": RecordIO(str(folder / "r.rec")),
        folder / "r.idx": RecordIO(str(folder / "r.rec")),
        folder / "db": LMDB(str(folder / "db")),
        folder / "db" / "data.mdb": LMDB(str(folder / "db")),
    }


def test_every_kind_of_file_and_folder_is_told(tmp_path) -> None:
    for path, rule in kinds(tmp_path).items():
        found = suggest_spec(path).sources[0].rule
        assert found == rule
        assert is_data(path)
        assert preview(suggest_spec(path)).rows > 0


def test_models_runs_and_what_may_be_anything_are_not_taken_for_data(tmp_path) -> None:
    gallery = resources.path("gallery", "lenet.txtpb")
    (tmp_path / "model.txtpb").write_text("netwright: 1\n")
    (tmp_path / "a.pt").write_bytes(b"PK\x03\x04 whatever")
    (tmp_path / "a.txt").write_text("a text, or something else")
    for path in (gallery, tmp_path, tmp_path / "a.pt", tmp_path / "a.txt", tmp_path / "gone"):
        assert not is_data(path)


def test_a_folder_of_parts_gives_a_source_for_each(tmp_path) -> None:
    for part in ("train", "val", "test"):
        for name in ("a", "b"):
            picture(tmp_path / part / name / "1.png")
    found = suggest_spec(tmp_path)
    assert [(source.part, source.rule) for source in found.sources] == [
        (part, ImageFolder(str(tmp_path / folder)))
        for part, folder in (("train", "train"), ("validation", "val"), ("test", "test"))
    ]
    assert found.split is None


def test_pictures_and_masks_are_fed_where_they_belong(tmp_path) -> None:
    kinds(tmp_path)
    nodes = (Node("photo", (), Input(sizes=(3, 4, 4))), Node("classes", (), Target(classes=2, sizes=(4, 4))))
    found = suggest_spec(tmp_path, Network(nodes))
    assert [feed.column for feed in found.feeds] == ["image", "mask"]
    data = open_data(replace(found, split=None), Network(nodes))
    (batch,) = data.part("train").batches(4)
    assert set(np.unique(batch["classes"])) <= {0, 1}
    (counts,) = (view.counts for view in preview(found).columns if view.name == "mask")
    assert sum(counts.values()) == 2 * 48


def test_a_single_picture_is_answered_with_what_to_choose_instead(tmp_path) -> None:
    with pytest.raises(DataError, match=r"one.png is a single picture"):
        suggest_spec(picture(tmp_path / "one.png"))
