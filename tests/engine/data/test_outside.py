"""What is given from outside is prepared as the data are."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import resources
from engine.data.dataset import Data, open_data
from engine.data.outside import prepare
from engine.data.sources import CSV, NPZ, ImageFolder, TableColumn, Text
from engine.data.spec import Source, Split
from engine.data.transforms import Normalize, RandomFlip, Resize, Scale
from engine.errors import DataError
from tests.engine.data.made import letters, network, spec, steps

DIGITS = spec(
    NPZ("bundled:digits.npz"),
    white=16,
    transforms=steps(Scale(by=0.0625), Resize(size=(12, 12)), train=(RandomFlip(),)),
)
PENGUINS = spec(
    CSV("bundled:penguins.csv", missing="mean", columns=(TableColumn("sex", missing="constant"),)),
    columns=("bill_length_mm", "sex", "island"),
    y="species",
    split=Split(validation=0.2, stratified=True),
    transforms=steps(Normalize()),
)
PENGUIN = network((7,), 3)


def test_an_array_is_prepared_as_the_rows_of_the_data() -> None:
    raw = np.load(resources.path("data", "digits.npz"))["x"]
    plain = open_data(DIGITS, network((1, 12, 12))).part("train").plain()
    wanted = np.concatenate([batch["image"] for batch in plain.batches(100)])
    assert np.array_equal(prepare(DIGITS, network((1, 12, 12)), "image", raw), wanted)
    assert np.array_equal(prepare(DIGITS, network((1, 12, 12)), "image", raw[7]), wanted[7:8])


def test_an_array_in_a_file_is_the_same(tmp_path) -> None:
    raw = np.load(resources.path("data", "digits.npz"))["x"][:3]
    np.save(tmp_path / "a.npy", raw)
    np.savez(tmp_path / "a.npz", x=raw)
    wanted = prepare(DIGITS, network((1, 12, 12)), "image", raw)
    for name in ("a.npy", "a.npz"):
        assert np.array_equal(prepare(DIGITS, network((1, 12, 12)), "image", tmp_path / name), wanted)


def test_a_pictures_white_is_brought_to_the_columns(tmp_path) -> None:
    Image.new("RGB", (40, 30), "white").save(tmp_path / "a.png")
    found = prepare(DIGITS, network((1, 12, 12)), "image", tmp_path / "a.png")
    assert found.shape == (1, 1, 12, 12)
    assert np.allclose(found, 1)


def test_a_picture_of_another_size_is_brought_to_the_networks(tmp_path) -> None:
    Image.new("L", (40, 30), 200).save(tmp_path / "a.png")
    found = prepare(spec(NPZ("bundled:digits.npz")), network((1, 8, 8)), "image", str(tmp_path / "a.png"))
    assert np.allclose(found, np.full((1, 1, 8, 8), 200))


def test_a_picture_out_of_the_folder_is_what_the_network_was_trained_with() -> None:
    data = spec(ImageFolder("bundled:textures", mode="gray"), x="image", y="label", transforms=steps(Normalize()))
    opened = open_data(data, network((1, 64, 64)))
    path = resources.path("data", "textures", "grass") / opened.part("train").sample(100).place.split("/")[1]
    found = prepare(opened.spec, network((1, 64, 64)), "image", path)
    assert np.array_equal(found[0], opened.part("train").sample(100).prepared["image"])


def penguins() -> Data:
    return open_data(PENGUINS, PENGUIN)


def test_a_table_gives_a_sample_a_row_prepared_with_what_was_measured_in_training(tmp_path) -> None:
    data = penguins()
    lines = resources.path("data", "penguins.csv").read_text().splitlines()
    rows = data.part("validation").rows[:5]
    (tmp_path / "new.csv").write_text("\n".join([lines[0], *(lines[row + 1] for row in rows)]))
    wanted = next(data.part("validation").batches(5))["image"]
    assert np.array_equal(prepare(data.spec, PENGUIN, "image", tmp_path / "new.csv"), wanted)


def test_a_row_may_be_given_by_name_and_lack_what_training_can_fill() -> None:
    row = {"bill_length_mm": None, "sex": "", "island": "Dream"}
    found = prepare(penguins().spec, PENGUIN, "image", row)
    assert found.shape == (1, 7)
    assert found[0, 0] == pytest.approx(0, abs=1e-5)  # the mean, normalized
    assert found[0, 1:4].argmax() == 2  # `missing` is the third answer for the sex
    assert found[0, 4:].argmax() == 1


def test_what_is_not_written_in_the_spec_is_measured_in_the_data() -> None:
    row = {"bill_length_mm": 40, "sex": "male", "island": "Dream"}
    assert np.array_equal(prepare(PENGUINS, PENGUIN, "image", row), prepare(penguins().spec, PENGUIN, "image", row))


def test_the_settled_spec_needs_no_data(tmp_path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(resources.path("data", "penguins.csv").read_text())
    here = replace(PENGUINS, sources=(Source(CSV(str(path), missing="mean")),))
    settled = open_data(here, network((6,), 3)).spec
    path.unlink()
    row = {"bill_length_mm": 40, "sex": "male", "island": "Dream"}
    assert prepare(settled, network((6,), 3), "image", row).shape == (1, 6)


def test_a_text_becomes_the_indices_of_its_characters(tmp_path) -> None:
    (tmp_path / "a.txt").write_text("banana")
    data = spec(Text("a.txt", length=2))
    assert prepare(data, letters(3), "image", "nab", tmp_path).tolist() == [[2, 0, 1]]


@pytest.mark.parametrize(
    ("data", "drawn", "given", "message"),
    [
        (DIGITS, network((1, 12, 12)), "lost.png", "image: there is no file lost.png"),
        (DIGITS, network((1, 12, 12)), {"x": 1}, "image: a row is given, and the data are no table"),
        (DIGITS, network((1, 12, 12)), np.zeros((2, 3)), "image: takes images (channels, height, width), not 3"),
        (PENGUINS, PENGUIN, {"sex": "male", "island": "Dream"}, "image: what is given has no column 'bill_length_mm'"),
        (
            PENGUINS,
            PENGUIN,
            {"bill_length_mm": 40, "sex": "male", "island": "Atlantis"},
            "image: column 'island' holds 'Atlantis', which is none of its values, in line 1",
        ),
        (
            spec(Text(str(resources.path("data", "persuasion.txt")))),
            letters(),
            "naïve",
            "image: the vocabulary lacks 'ï', first needed for character 2",
        ),
    ],
)
def test_what_cannot_be_taken_is_refused_with_the_reason(data, drawn, given, message) -> None:
    with pytest.raises(DataError) as error:
        prepare(data, drawn, "image", given)
    problem = error.value.problems[0]
    assert f"{problem.node}: {problem.message}" == message
