"""Arrays that grow, and tables that are larger than what is read of them at a time."""

import numpy as np
import pytest

from engine.data import csv, growing
from engine.data.dataset import open_data
from engine.data.growing import Growing
from engine.data.sources import CSV, TableColumn
from engine.errors import DataError
from tests.engine.data.made import all_of, network, spec


def test_a_growing_array_moves_to_a_file_and_keeps_its_values(monkeypatch) -> None:
    monkeypatch.setattr(growing, "HELD", 100)
    array = Growing(np.float64)
    pieces = [np.arange(n, dtype=float) + n for n in (3, 5, 0, 20, 1)]
    for number, piece in enumerate(pieces):
        array.add(piece)
        assert np.array_equal(array.array(), np.concatenate(pieces[: number + 1]))
        assert isinstance(array.array(), np.memmap) == (number > 2)
    assert len(array) == 29


@pytest.fixture
def small_pieces(monkeypatch) -> None:
    monkeypatch.setattr(csv, "ROWS", 4)
    monkeypatch.setattr(growing, "HELD", 64)


@pytest.mark.usefixtures("small_pieces")
def test_a_table_that_comes_in_pieces_is_the_same_table(tmp_path) -> None:
    random = np.random.default_rng(0)
    size, kind = random.normal(size=50), random.integers(0, 5, 50)
    lines = [f"{s!r},k{k}" for s, k in zip(size.tolist(), kind.tolist(), strict=True)]
    (tmp_path / "t.csv").write_text("\n".join(["size,kind", *lines]))
    data = open_data(spec(CSV("t.csv"), columns=("size",), y="kind"), network((1,), 5), tmp_path)
    assert np.array_equal(all_of(data, "image")[:, 0], size.astype(np.float32))
    assert all_of(data, "digit").tolist() == kind.tolist()
    columns = CSV("t.csv").open(tmp_path).columns
    assert all(isinstance(column.array, np.memmap) for column in columns.values())
    assert columns["size"].place(33) == "line 35"


@pytest.mark.usefixtures("small_pieces")
def test_a_column_that_turns_out_late_to_hold_texts_is_one_of_texts_from_its_first_row_on(tmp_path) -> None:
    cells = ["1.0", "1", "2", "10"] * 3 + ["none", "", "2"]
    (tmp_path / "t.csv").write_text("\n".join(["x,y", *(f"{cell},{row % 2}" for row, cell in enumerate(cells))]))
    column = CSV("t.csv", missing="drop").open(tmp_path).columns["x"]
    assert column.classes == ("1", "1.0", "2", "10", "none")
    found = [column.classes[code] if code >= 0 else "" for code in column.take(np.arange(15)).tolist()]
    assert found == cells


@pytest.mark.usefixtures("small_pieces")
def test_what_is_wrong_in_several_pieces_is_told_at_once(tmp_path) -> None:
    rows = ["1", "x", *"345678", "y", *"98"]
    (tmp_path / "t.csv").write_text("\n".join(["x", *rows]))
    with pytest.raises(DataError, match=r"column 'x' holds 'x', not a number, in lines 3, 10$"):
        CSV("t.csv", columns=(TableColumn("x", kind="number"),)).open(tmp_path)
    with pytest.raises(DataError, match=r"column 'x' holds 'x', which is none of its values, in lines 3, 10$"):
        CSV("t.csv", columns=(TableColumn("x", values=tuple("123456789")),)).open(tmp_path)
    (tmp_path / "t.csv").write_text("\n".join(["x,y", *(f"{n},1" for n in range(5)), "1", *["2,2"] * 6, "1,2,3"]))
    with pytest.raises(DataError, match=r"t.csv has 2 columns, but not in lines 7, 14, which has 1"):
        CSV("t.csv").open(tmp_path)
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match=r"column 'a' holds arrays: the cells of a CSV hold one value each"):
        CSV("t.csv", columns=(TableColumn("a", kind="array"),)).open(tmp_path)
