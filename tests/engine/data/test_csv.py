"""Tables: numbers, categories, and what is done where a cell is missing."""

import csv
from pathlib import Path

import numpy as np
import pytest

import resources
from engine.data.dataset import open_data
from engine.data.sources import CSV, TableColumn
from engine.data.spec import DataSpec, Feed, Source, Split
from engine.data.transforms import Normalize, OneHot
from tests.engine.data.made import all_of, complaints, letters, network, spec, steps

TABLE = """size,color,kind
1,red,a
NA,blue,b
4,,a
7,blue,b
"""


def table(folder: Path, text: str = TABLE) -> Path:
    (folder / "t.csv").write_text(text, encoding="utf-8")
    return folder


def one(source: CSV, column: str = "size", split: Split | None = None) -> DataSpec:
    return spec(source, columns=(column,), y="kind", split=split)


def test_numbers_and_categories_stand_side_by_side() -> None:
    names = ("bill_length_mm", "island")
    source = CSV("bundled:penguins.csv", missing="drop")
    data = open_data(spec(source, columns=names, y="species"), network((4,), 3))
    with resources.path("data", "penguins.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["bill_length_mm"] != "NA"]
    islands = ["Biscoe", "Dream", "Torgersen"]
    wanted = [[float(row["bill_length_mm"]), *(row["island"] == island for island in islands)] for row in rows]
    assert np.array_equal(all_of(data, "image"), np.array(wanted, np.float32))
    assert [data.labels["digit"][code] for code in all_of(data, "digit")] == [row["species"] for row in rows]


def test_a_missing_cell_is_an_error_unless_something_else_is_said(tmp_path) -> None:
    (found,) = complaints(one(CSV("t.csv")), network((1,), 2), table(tmp_path))
    assert found == "column 'size' has no value in 1 row, first in line 3"


def test_a_gap_in_a_column_that_nothing_uses_does_not_matter(tmp_path) -> None:
    data = open_data(spec(CSV("t.csv"), columns=("kind",), y="kind"), network((2,), 2), table(tmp_path))
    assert len(data.part("train")) == 4


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        (CSV("t.csv", missing="drop"), [1, 4, 7]),
        (CSV("t.csv", missing="mean"), [1, 4, 4, 7]),
        (CSV("t.csv", missing="constant"), [1, 0, 4, 7]),
        (CSV("t.csv", columns=(TableColumn("size", missing="constant", fill="-1"),)), [1, -1, 4, 7]),
    ],
)
def test_missing_numbers_follow_the_policy(tmp_path, source, wanted) -> None:
    data = open_data(one(source), network((1,), 2), table(tmp_path))
    assert all_of(data, "image").ravel().tolist() == wanted


def test_the_median_is_not_moved_by_one_large_value(tmp_path) -> None:
    table(tmp_path, "size,kind\n1,a\n2,a\n999,a\n?,a\n")
    data = open_data(one(CSV("t.csv", missing="median")), network((1,), 1), tmp_path)
    assert all_of(data, "image").ravel().tolist() == [1, 2, 999, 2]


@pytest.mark.parametrize(
    ("missing", "wanted"),
    [("mean", [[0, 1], [1, 0], [1, 0], [1, 0]]), ("constant", [[0, 1, 0], [1, 0, 0], [0, 0, 1], [1, 0, 0]])],
)
def test_missing_categories_become_the_commonest_or_one_of_their_own(tmp_path, missing, wanted) -> None:
    data = open_data(one(CSV("t.csv", missing=missing), "color"), network((len(wanted[0]),), 2), table(tmp_path))
    assert all_of(data, "image").tolist() == wanted


def test_what_fills_a_gap_is_measured_in_the_training_part_alone(tmp_path) -> None:
    rows = "".join(f"{number},{'a' if number % 2 else 'b'}\n" for number in range(40))
    table(tmp_path, f"size,kind\n{rows},a\n")
    data = open_data(one(CSV("t.csv", missing="mean"), split=Split(validation=0.5)), network((1,), 2), tmp_path)
    known = {part: data.parts[part].rows[data.parts[part].rows < 40] for part in data.parts}
    fill = float(data.spec.sources[0].rule.columns[0].fill)
    assert fill == pytest.approx(known["train"].mean())
    assert fill != pytest.approx(known["validation"].mean())


def test_a_row_without_a_target_is_left_out_and_not_filled(tmp_path) -> None:
    table(tmp_path, "size,kind\n1,a\n2,\n3,b\n")
    data = open_data(one(CSV("t.csv", missing="mean")), network((1,), 2), tmp_path)
    assert all_of(data, "image").ravel().tolist() == [1, 3]
    (note,) = data.problems
    assert note.message == "column 'kind' has no value in 1 row, first in line 3; left out"


def test_a_column_of_categories_alone_gives_indices(tmp_path) -> None:
    drawn = letters(3)
    data = DataSpec((Source(CSV("t.csv", missing="drop")),), feeds=(Feed("image", "color"), Feed("digit", "kind")))
    found = complaints(data, drawn, table(tmp_path))
    assert found == [
        "image: needs any, and column 'color' gives a single number",
        "digit: needs any, and column 'kind' gives a single number",
    ]


def test_one_hot_makes_numbers_of_categories(tmp_path) -> None:
    source = CSV("t.csv", missing="drop")
    data = open_data(spec(source, x="color", y="kind", transforms=steps(OneHot())), network((2,), 2), table(tmp_path))
    assert all_of(data, "image").tolist() == [[0, 1], [1, 0], [1, 0]]


def test_categories_are_no_numbers(tmp_path) -> None:
    found = complaints(spec(CSV("t.csv", missing="drop"), x="color", y="kind"), network((), 2), table(tmp_path))
    assert found == ["image: needs numbers, and column 'color' holds 2 classes"]


def test_stated_categories_keep_their_order_and_others_are_errors(tmp_path) -> None:
    table(tmp_path)
    stated = CSV("t.csv", missing="drop", columns=(TableColumn("kind", values=("b", "a")),))
    assert open_data(one(stated), network((1,), 2), tmp_path).labels["digit"] == ("b", "a")
    short = CSV("t.csv", missing="drop", columns=(TableColumn("kind", values=("b",)),))
    assert complaints(one(short), network((1,), 2), tmp_path) == [
        "column 'kind' holds 'a', which is none of its values, in lines 2, 4"
    ]


def test_labels_of_the_feed_say_the_classes_order(tmp_path) -> None:
    source = CSV("t.csv", missing="drop")
    data = open_data(
        spec(source, columns=("size",), y="kind", labels=("b", "c", "a")), network((1,), 3), table(tmp_path)
    )
    assert all_of(data, "digit").tolist() == [2, 2, 0]
    assert data.labels["digit"] == ("b", "c", "a")


def test_classes_that_the_labels_do_not_name_are_told(tmp_path) -> None:
    source = CSV("t.csv", missing="drop")
    found = complaints(spec(source, columns=("size",), y="kind", labels=("a",)), network((1,), 2), table(tmp_path))
    assert "digit: column 'kind' holds 'b', which the feed's labels do not name" in found


def test_numbers_in_quotes_semicolons_commas_and_no_header(tmp_path) -> None:
    table(tmp_path, '\ufeff"1,5";"x ; y"\n2,25;z\n')
    source = CSV("t.csv", delimiter=";", decimal=",", header=False)
    data = open_data(spec(source, columns=("1",), y="2"), network((1,), 2), tmp_path)
    assert all_of(data, "image").ravel().tolist() == [1.5, 2.25]
    assert data.labels["digit"] == ("x ; y", "z")


def test_a_tabulator_is_written_as_a_word(tmp_path) -> None:
    table(tmp_path, "size\tkind\n1\ta\n2\tb\n")
    assert len(open_data(one(CSV("t.csv", delimiter="tab")), network((1,), 2), tmp_path).part("train")) == 2


def test_categories_that_are_numbers_are_in_their_order(tmp_path) -> None:
    table(tmp_path, "size,kind\n1,10\n2,9\n3,100\n")
    source = CSV("t.csv", columns=(TableColumn("kind", kind="category"),))
    assert open_data(one(source), network((1,), 3), tmp_path).labels["digit"] == ("9", "10", "100")


@pytest.mark.parametrize(
    ("text", "source", "wanted"),
    [
        ("", CSV("t.csv"), "t.csv is empty"),
        ("size,kind\n", CSV("t.csv"), "t.csv has no rows"),
        ("size,kind\n1,a\n2\n", CSV("t.csv"), "t.csv has 2 columns, but not in line 3, which has 1"),
        ("size,size\n1,2\n", CSV("t.csv"), "t.csv has the column 'size' more than once"),
        (
            "size,kind\n1,a\nx,a\n",
            CSV("t.csv", columns=(TableColumn("size", kind="number"),)),
            "column 'size' holds 'x', not a number, in line 3",
        ),
        (
            "size,kind\n1,a\n",
            CSV("t.csv", columns=(TableColumn("size", missing="constant", fill="red"),)),
            "column 'size' holds numbers and cannot be filled with 'red'",
        ),
        (
            "size,kind\ninf,a\n",
            CSV("t.csv"),
            "image: column 'size' holds values that are no numbers (NaN or infinite), first in line 2",
        ),
    ],
)
def test_a_bad_table_says_what_and_where(tmp_path, text, source, wanted) -> None:
    assert complaints(one(source), network((1,), 1), table(tmp_path, text)) == [wanted]


def test_a_line_that_goes_on_in_the_next_one_is_counted(tmp_path) -> None:
    table(tmp_path, 'size,kind\n"1",\n2,"a\nb"\nNA,c\n')
    found = complaints(one(CSV("t.csv", columns=(TableColumn("kind", missing="drop"),))), network((1,), 3), tmp_path)
    assert found == ["column 'size' has no value in 1 row, first in line 5"]


def test_what_was_found_is_written_down_and_gives_the_same_again() -> None:
    names = ("bill_depth_mm", "sex", "island")
    source = CSV("bundled:penguins.csv", missing="mean", columns=(TableColumn("sex", missing="constant"),))
    first = spec(source, columns=names, y="species", split=Split(validation=0.3), transforms=steps(Normalize()))
    data = open_data(first, network((7,), 3))
    again = open_data(data.spec, network((7,), 3))
    assert again.spec == data.spec
    assert np.array_equal(all_of(again, "image"), all_of(data, "image"))


def test_the_thirty_thousand_rows_of_adult_are_read() -> None:
    path = Path(__file__).parents[4] / "shared" / "data" / "tables" / "adult.csv"
    if not path.exists():
        pytest.skip("adult.csv is not part of the repository")
    data = open_data(
        spec(CSV(str(path), missing="constant"), columns=("age", "workclass"), y="income"), network((10,), 2)
    )
    assert sum(data.counts["train"]["digit"].values()) == 32561
    assert data.counts["train"]["digit"][">50K"] == 7841  # as the data set's own description says
