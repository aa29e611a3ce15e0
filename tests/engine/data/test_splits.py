"""Which rows go to which part."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.data.chance import number, order
from engine.data.dataset import open_data
from engine.data.sources import CSV, NPZ, TableColumn
from engine.data.spec import Source, Split
from engine.data.splits import counts, cut, divided, thinned
from tests.engine.data.made import complaints, network, save_npz, spec

ROWS = np.arange(1000)


@given(st.integers(0, 500), st.floats(0, 0.5), st.floats(0, 0.49))
def test_every_row_is_in_exactly_one_part(total, validation, test) -> None:
    rows = np.arange(total) * 3
    parts = divided(rows, Split(validation=validation, test=test))
    assert np.array_equal(np.sort(np.concatenate(parts)), rows)


@given(st.integers(0, 10_000), st.floats(0, 1))
def test_counts_are_whole_and_never_off_by_one(total, share) -> None:
    first, second = counts(total, (1 - share, share))
    assert first + second == total
    assert abs(second - share * total) < 1


def test_a_tenth_of_a_thousand_is_a_hundred_and_the_choice_is_mixed() -> None:
    train, validation, test = divided(ROWS, Split(validation=0.1, test=0.2))
    assert (len(train), len(validation), len(test)) == (700, 100, 200)
    assert np.ptp(validation) > 500


def test_the_choice_follows_from_the_split_alone_and_its_seed_gives_another() -> None:
    first, again = (divided(ROWS, Split(validation=0.1))[1] for _ in range(2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, divided(ROWS, Split(validation=0.1, seed=1))[1])


def test_a_stratified_split_keeps_the_share_of_every_class() -> None:
    classes = np.repeat([0, 1, 2], [700, 250, 50])
    parts = divided(ROWS, Split(validation=0.2, test=0.1, stratified=True), classes)
    assert [np.bincount(classes[part]).tolist() for part in parts] == [[490, 175, 35], [140, 50, 10], [70, 25, 5]]


def test_the_digits_of_lenet_keep_their_shares() -> None:
    data = open_data(spec(NPZ("bundled:digits.npz"), split=Split(validation=0.2, stratified=True)), network())
    train, validation = (data.counts[part]["digit"] for part in ("train", "validation"))
    assert all(abs(validation[label] - 0.2 * (train[label] + validation[label])) < 1 for label in train)


def test_a_group_is_never_torn_apart() -> None:
    groups = np.random.default_rng(1).integers(0, 60, 1000)
    parts = divided(ROWS, Split(validation=0.2, test=0.1, group="patient"), groups=groups)
    held = [set(groups[part]) for part in parts]
    assert not held[0] & held[1] | held[0] & held[2] | held[1] & held[2]
    assert [len(part) for part in parts] == pytest.approx([700, 200, 100], abs=20)


def test_groups_are_given_so_that_classes_keep_their_shares_as_well() -> None:
    random = np.random.default_rng(1)
    groups = random.integers(0, 100, 1000)
    classes = (groups % 4 == 0).astype(int)  # a class of its own in every fourth group
    _, validation, _ = divided(ROWS, Split(validation=0.2, stratified=True, group="patient"), classes, groups)
    assert classes[validation].mean() == pytest.approx(classes.mean(), abs=0.03)


def test_groups_of_a_table_stay_together(tmp_path) -> None:
    rows = "".join(f"{number},p{number // 5},{number % 2}\n" for number in range(50))
    (tmp_path / "t.csv").write_text("x,patient,y\n" + rows)
    data = open_data(spec(CSV("t.csv"), split=Split(validation=0.3, group="patient")), network((), 2), tmp_path)
    train, validation = (set(data.parts[part].rows // 5) for part in ("train", "validation"))
    assert not train & validation
    assert len(validation) == 3


def test_a_group_column_that_is_not_there_is_told(tmp_path) -> None:
    (tmp_path / "t.csv").write_text("x,y\n1,0\n")
    found = complaints(spec(CSV("t.csv"), split=Split(validation=0.3, group="patient")), network((), 2), tmp_path)
    assert found == ["split by group: there is no column 'patient', there are 'x', 'y'"]


def test_a_cut_leaves_out_what_parts_would_share() -> None:
    train, validation, test = cut(ROWS, Split(validation=0.1, test=0.1), overlap=3)
    assert (train[-1], validation[0], validation[-1], test[0], test[-1]) == (799, 803, 899, 903, 999)


def test_a_subset_is_a_share_of_every_class_of_the_training_part() -> None:
    data = spec(NPZ("bundled:digits.npz"), split=Split(validation=0.2, stratified=True))
    whole, tenth = open_data(data, network()), open_data(data, network(), subset=0.1)
    assert len(tenth.part("train")) == pytest.approx(len(whole.part("train")) / 10, abs=5)
    assert set(tenth.part("train").rows) < set(whole.part("train").rows)
    assert min(tenth.counts["train"]["digit"].values()) == 14
    assert np.array_equal(tenth.part("validation").rows, whole.part("validation").rows)


def test_the_whole_subset_is_everything() -> None:
    assert thinned(ROWS, 1.0) is ROWS


def test_sources_may_say_their_part(tmp_path) -> None:
    for name, count in (("a.npz", 10), ("b.npz", 4), ("c.npz", 20)):
        save_npz(tmp_path, name, x=np.full((count, 1, 8, 8), count), y=np.zeros(count, int))
    sources = (Source(NPZ("a.npz"), "train"), Source(NPZ("b.npz"), "validation"), Source(NPZ("c.npz")))
    data = open_data(spec(*sources, split=Split(test=0.25)), network(), tmp_path)
    assert {name: len(part) for name, part in data.parts.items()} == {"train": 25, "validation": 4, "test": 5}


def test_a_share_of_the_training_source_is_kept_where_no_source_is_for_validation(tmp_path) -> None:
    for name, count in (("a.npz", 10), ("b.npz", 4)):
        save_npz(tmp_path, name, x=np.zeros((count, 1, 8, 8)), y=np.zeros(count, int))
    sources = (Source(NPZ("a.npz"), "train"), Source(NPZ("b.npz"), "test"))
    data = open_data(spec(*sources, split=Split(validation=0.2, test=0.5)), network(), tmp_path)
    assert {name: len(part) for name, part in data.parts.items()} == {"train": 8, "validation": 2, "test": 4}


def test_a_part_that_comes_out_empty_is_told(tmp_path) -> None:
    save_npz(tmp_path, x=np.zeros((2, 1, 8, 8)), y=np.zeros(2, int))
    found = complaints(spec(NPZ("a.npz"), split=Split(validation=0.1)), network(), tmp_path)
    assert found == ["the part for validation is empty"]


def test_shares_that_leave_nothing_for_training_are_told() -> None:
    found = complaints(spec(NPZ("bundled:digits.npz"), split=Split(validation=0.5, test=0.5)), network())
    assert found == ["the split leaves nothing for training: validation and test together are 1 or more"]


def test_a_stratified_split_needs_classes(tmp_path) -> None:
    (tmp_path / "t.csv").write_text("x,y\n1,0.5\n2,3\n")
    found = complaints(spec(CSV("t.csv"), split=Split(validation=0.5, stratified=True)), network((), 0), tmp_path)
    assert found == ["the split is stratified, and no target has one class a row"]


def test_rows_that_are_left_out_are_in_no_part(tmp_path) -> None:
    (tmp_path / "t.csv").write_text("x,y\n" + "1,0\n,1\n" * 20)
    source = CSV("t.csv", columns=(TableColumn("x", missing="drop"),))
    data = open_data(spec(source, split=Split(validation=0.25)), network((), 2), tmp_path)
    assert {name: len(part) for name, part in data.parts.items()} == {"train": 15, "validation": 5}


def test_an_epochs_order_in_four_bytes_is_that_in_eight() -> None:
    for count in (1, 10, 12_345):
        wanted = np.random.default_rng(number("order", 3, 2)).permutation(count)
        assert np.array_equal(order(count, 3, 2), wanted)
