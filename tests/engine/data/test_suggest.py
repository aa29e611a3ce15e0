"""Guesses of source and feeds, and previews."""

import gzip
from pathlib import Path

import numpy as np
import pytest

import resources
from engine.data.dataset import open_data
from engine.data.preview import preview
from engine.data.sources import CSV, IDX, NPZ, ImageFolder, Text
from engine.data.suggest import suggest_spec
from engine.errors import DataError
from engine.schema.files import load
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
