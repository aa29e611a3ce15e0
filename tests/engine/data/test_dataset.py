"""What is checked before the first step, and what the data tell about themselves."""

import os
from dataclasses import replace

import numpy as np
import pytest

from engine.data.dataset import open_data
from engine.data.fingerprint import WHOLE, fingerprint
from engine.data.sources import CSV, NPZ, ImageFolder
from engine.data.spec import DataSpec, Feed, Source, Split
from engine.data.transforms import CenterCrop, Normalize, Resize, Scale
from engine.errors import DataError
from engine.layers.data import Input, Target
from engine.layers.dense import Dense
from engine.layers.loss import MeanSquaredError, SoftmaxCrossEntropy
from engine.network import Network
from engine.node import Link, Node
from tests.engine.data.made import all_of, complaints, network, of, save_npz, spec, steps

DIGITS = NPZ("bundled:digits.npz")


def test_everything_that_is_wrong_is_told_at_once() -> None:
    data = DataSpec(
        (Source(NPZ("lost.npz")), Source(DIGITS), Source(ImageFolder("nowhere"))),
        Split(validation=0.7, test=0.3),
        (Feed("picture", "x"),),
    )
    found = complaints(data, network())
    assert len(found) == 6
    assert found[0] == "a feed names the node 'picture', which is not there"
    assert found[1] == "image: no feed says which column it gets"
    assert found[2] == "digit: no feed says which column it gets"
    assert found[3].startswith("the split leaves nothing")
    assert found[4].endswith("lost.npz")
    assert found[5].endswith("nowhere")


@pytest.mark.parametrize(
    ("data", "drawn", "wanted"),
    [
        (DataSpec(), network(), "the data section names no source"),
        (spec(NPZ()), network(), "a source has no path"),
        (spec(DIGITS, x="X"), network(), "image: there is no column 'X', there are 'x', 'y'"),
        (spec(DIGITS, x=""), network(), "image: its feed names no column"),
        (spec(DIGITS), network((1, 28, 28)), "image: needs 1x28x28, and column 'x' gives 1x8x8"),
        (
            spec(DIGITS, transforms=steps(Resize(size=(7, 7)))),
            network((1, 28, 28)),
            "image: needs 1x28x28, and column 'x' gives 1x7x7 after its transforms",
        ),
        (
            spec(DIGITS, transforms=steps(CenterCrop(size=(9, 9)))),
            network((1, 9, 9)),
            "image: column 'x', row 0: cannot cut 9x9 out of an image of 8x8",
        ),
        (spec(DIGITS), network(classes=9), "digit: takes 0 to 8, and column 'y' holds 0 to 9, first 9 in row 9"),
        (spec(DIGITS, y="x"), network(), "digit: needs a single number, and column 'x' gives 1x8x8"),
        (
            spec(DIGITS, transforms=steps(train=(Resize(size=(9, 9)),))),
            network(),
            "image: needs 1x8x8, and column 'x' gives 1x9x9 after its transforms",
        ),
    ],
)
def test_one_mistake_gives_one_sentence(data, drawn, wanted) -> None:
    assert wanted in complaints(data, drawn)


def test_a_spec_without_mistakes_gives_no_complaint() -> None:
    assert complaints(spec(DIGITS), network()) == []


@pytest.mark.parametrize(
    ("data", "drawn", "hint"),
    [
        (spec(DIGITS), network((1, 28, 28)), "transform { resize { size: [28, 28] } }"),
        (spec(DIGITS, x="xx"), network(), "did you mean 'x'?"),
        (replace(spec(DIGITS), feeds=(Feed("imag", "x"), Feed("digit", "y"))), network(), "did you mean 'image'?"),
    ],
)
def test_a_mistake_that_can_be_guessed_comes_with_its_mending(data, drawn, hint) -> None:
    with pytest.raises(DataError) as error:
        open_data(data, drawn)
    assert hint in [problem.hint for problem in error.value.problems]


def test_values_that_are_no_numbers_are_found(tmp_path) -> None:
    x = np.zeros((5, 1, 8, 8))
    x[3, 0, 2, 2] = np.nan
    save_npz(tmp_path, x=x, y=np.zeros(5, int))
    wanted = "image: column 'x' holds values that are no numbers (NaN or infinite), first in row 3"
    assert complaints(spec(NPZ("a.npz")), network(), tmp_path) == [wanted]


def test_labels_that_are_not_whole_or_below_nought_are_found(tmp_path) -> None:
    save_npz(tmp_path, x=np.zeros((2, 1, 8, 8)), y=np.array([0.5, 1]), z=np.array([-1, 1]))
    halves = complaints(spec(NPZ("a.npz")), network(), tmp_path)
    assert halves == ["digit: needs whole numbers below 10, and column 'y' holds 0.5 in row 0"]
    negative = complaints(spec(NPZ("a.npz"), y="z"), network(), tmp_path)
    assert negative == ["digit: takes 0 to 9, and column 'z' holds -1 to 1, first -1 in row 0"]


def test_whole_floating_point_labels_are_labels(tmp_path) -> None:
    save_npz(tmp_path, x=np.zeros((2, 1, 8, 8)), y=np.array([3.0, 1.0]))
    assert all_of(open_data(spec(NPZ("a.npz")), network(), tmp_path), "digit").tolist() == [3, 1]


def test_labels_that_the_loss_ignores_may_lie_outside(tmp_path) -> None:
    save_npz(tmp_path, x=np.zeros((2, 1, 8, 8)), y=np.array([255, 1]))
    loss = Node("loss", (Link("image"), Link("digit")), SoftmaxCrossEntropy(ignore_index=255))
    assert complaints(spec(NPZ("a.npz")), network(), tmp_path) != []
    assert complaints(spec(NPZ("a.npz")), network().add(loss), tmp_path) == []
    data = open_data(spec(NPZ("a.npz")), network().add(loss), tmp_path)
    assert sum(data.counts["train"]["digit"].values()) == 1


def test_more_classes_in_the_data_than_in_the_target_are_named(tmp_path) -> None:
    (tmp_path / "t.csv").write_text("x,y\n1,ant\n2,bee\n3,cow\n")
    wanted = "digit: has 2 classes, and column 'y' has 3: ant, bee, cow"
    assert complaints(spec(CSV("t.csv")), network((), 2), tmp_path) == [wanted]


def test_a_feed_to_a_node_that_takes_no_data_is_told() -> None:
    drawn = network().add(Node("dense", (Link("image"),), Dense()))
    data = spec(DIGITS)
    data = replace(data, feeds=(*data.feeds, Feed("dense", "x"), Feed("digit", "y")))
    assert complaints(data, drawn) == [
        "digit: is fed by more than one feed",
        "dense: is fed with data, and is neither Input nor Target",
    ]


def test_a_muted_input_needs_no_data() -> None:
    drawn = network().add(Node("other", (), Input(sizes=(3,)), state="muted"))
    assert complaints(spec(DIGITS), drawn) == []


def test_numbers_as_targets_and_a_single_number_as_a_row_of_one(tmp_path) -> None:
    save_npz(tmp_path, x=np.arange(3.0), y=np.arange(3.0) / 2)
    drawn = of(Input(sizes=(1,)), Target(sizes=(1,)))
    drawn = drawn.add(Node("loss", (Link("image"), Link("digit")), MeanSquaredError()))
    data = open_data(spec(NPZ("a.npz")), drawn, tmp_path)
    assert all_of(data, "digit").tolist() == [[0], [0.5], [1]]
    assert data.labels == {}


def test_several_inputs_take_several_columns(tmp_path) -> None:
    save_npz(tmp_path, x=np.zeros((4, 1, 8, 8)), extra=np.arange(8.0).reshape(4, 2), y=np.zeros(4, int))
    drawn = Network((*network().nodes, Node("more", (), Input(sizes=(2,)))))
    data = spec(NPZ("a.npz"))
    data = replace(data, feeds=(*data.feeds, Feed("more", "extra", transforms=steps(Scale(by=2)))))
    found = open_data(data, drawn, tmp_path)
    assert all_of(found, "more").tolist() == [[0, 2], [4, 6], [8, 10], [12, 14]]


def test_an_input_of_any_length_takes_the_length_that_the_data_have(tmp_path) -> None:
    save_npz(tmp_path, x=np.zeros((4, 7, 3)), y=np.zeros(4, int))
    assert complaints(spec(NPZ("a.npz")), network((-1, 3)), tmp_path) == []
    assert complaints(spec(NPZ("a.npz")), network((-1, 4)), tmp_path) == [
        "image: needs anyx4, and column 'x' gives 7x3"
    ]


def test_sources_with_different_columns_are_told(tmp_path) -> None:
    save_npz(tmp_path, "a.npz", x=np.zeros((4, 1, 8, 8)), y=np.zeros(4, int))
    save_npz(tmp_path, "b.npz", x=np.zeros((4, 64)))
    (first, second) = complaints(spec(NPZ("a.npz"), NPZ("b.npz")), network(), tmp_path)
    assert first.startswith("column 'x' is 64, numbers in ")
    assert second.endswith("b.npz has no column 'y', which " + str(tmp_path / "a.npz") + " has")


def test_paths_are_relative_to_the_file_and_absolute_in_what_is_recorded(tmp_path) -> None:
    save_npz(tmp_path, x=np.zeros((4, 1, 8, 8)), y=np.zeros(4, int))
    data = open_data(spec(NPZ("a.npz")), network(), tmp_path)
    assert data.spec.sources[0].rule.path == str(tmp_path / "a.npz")
    assert open_data(spec(DIGITS), network(), tmp_path).spec.sources[0].rule == DIGITS


def test_a_normalization_is_measured_in_the_training_part_and_written_down(tmp_path) -> None:
    random = np.random.default_rng(1)
    x = random.normal(5, 2, (100, 3, 4, 4))
    save_npz(tmp_path, x=x, y=np.zeros(100, int))
    data = open_data(
        spec(NPZ("a.npz"), split=Split(validation=0.5), transforms=steps(Scale(by=10), Normalize())),
        network((3, 4, 4)),
        tmp_path,
    )
    rule = data.spec.feeds[0].transforms[1].rule
    train = x[data.part("train").rows] * 10
    assert rule.mean == pytest.approx(train.mean(axis=(0, 2, 3)), rel=1e-5)
    assert rule.deviation == pytest.approx(train.std(axis=(0, 2, 3)), rel=1e-5)
    again = open_data(data.spec, network((3, 4, 4)))
    assert np.array_equal(all_of(again, "image", "validation"), all_of(data, "image", "validation"))


def test_a_part_that_is_not_there_is_asked_for_with_a_hint() -> None:
    with pytest.raises(DataError, match="the data have no part for test") as error:
        open_data(spec(DIGITS), network()).part("test")
    assert "split { test: 0.2 }" in error.value.hint


def test_the_fingerprint_is_that_of_the_content(tmp_path) -> None:
    arrays = {"x": np.zeros((4, 1, 8, 8)), "y": np.zeros(4, int)}
    save_npz(tmp_path, **arrays)
    first = open_data(spec(NPZ("a.npz")), network(), tmp_path).fingerprint
    os.utime(tmp_path / "a.npz", (0, 0))
    assert open_data(spec(NPZ("a.npz")), network(), tmp_path).fingerprint == first
    arrays["x"][2] = 1
    save_npz(tmp_path, **arrays)
    assert open_data(spec(NPZ("a.npz")), network(), tmp_path).fingerprint != first


def test_a_large_files_fingerprint_sees_its_size_and_both_ends(tmp_path) -> None:
    path = tmp_path / "large"

    def changed(place: int, size: int = WHOLE + 10) -> str:
        with path.open("wb") as file:
            file.truncate(size)
            file.seek(place)
            file.write(b"x")
        return fingerprint([path])

    assert len({changed(0), changed(WHOLE + 9), changed(0, WHOLE + 11), changed(1)}) == 4


def test_labels_that_count_from_1_are_brought_to_0_and_counted_so(tmp_path) -> None:
    save_npz(tmp_path, x=np.zeros((6, 1, 8, 8)), y=np.array([1, 2, 3, 3, 2, 3]))
    data = spec(NPZ("a.npz"))
    data = replace(data, feeds=(data.feeds[0], replace(data.feeds[1], transforms=steps(Scale(add=-1)))))
    found = open_data(data, network(classes=3), tmp_path)
    assert all_of(found, "digit").tolist() == [0, 1, 2, 2, 1, 2]
    assert found.counts["train"]["digit"] == {"0": 1, "1": 2, "2": 3}


def test_values_that_no_rule_for_indices_keeps_are_refused(tmp_path) -> None:
    save_npz(tmp_path, x=np.zeros((2, 1, 8, 8)), y=np.arange(2))
    data = spec(NPZ("a.npz"))
    data = replace(data, feeds=(data.feeds[0], replace(data.feeds[1], transforms=steps(Normalize()))))
    wanted = ["digit: takes indices, and normalize of column 'y' makes other numbers of them"]
    assert complaints(data, network(), tmp_path) == wanted
