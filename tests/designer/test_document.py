"""The document: one value, one undo command, one signal."""

from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from designer import document as documents
from designer.document import Document
from engine.errors import NetwrightError
from engine.layers.dense import Dense
from engine.model import Model
from engine.network import Network
from engine.node import Link, Node
from engine.schema.files import load


@pytest.fixture
def document(qtbot: QtBot) -> Document:
    return Document()


def named(name: str) -> Model:
    return Model(name=name)


def test_an_edit_is_displayed_with_its_report_and_can_be_undone_and_redone(document: Document, qtbot: QtBot) -> None:
    first = document.model
    with qtbot.waitSignal(document.changed) as heard:
        document.edit("Rename", named("a"))
    assert heard.args is not None
    assert heard.args[0] is document.model
    assert heard.args[1] is document.report
    document.history.undo()
    assert document.model is first
    document.history.redo()
    assert document.model == named("a")
    assert document.history.undoText() == "Rename"


def test_an_edit_that_changes_nothing_is_no_step(document: Document) -> None:
    document.edit("Nothing", Model())
    assert document.history.count() == 0


def test_quick_repetitions_of_a_step_that_merges_are_undone_at_once(
    document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr(documents.time, "monotonic", lambda: now)
    for name in ("a", "ab", "abc"):
        document.edit("Type", named(name), merges=True)
        now += documents.TYPING / 2
    assert document.history.count() == 1
    now += documents.TYPING * 2
    document.edit("Type", named("abcd"), merges=True)
    assert document.history.count() == 2
    document.history.undo()
    assert document.model == named("abc")
    document.history.undo()
    assert document.model == Model()


def test_typing_back_what_was_there_leaves_no_step(document: Document) -> None:
    document.edit("Type", named("a"), merges=True)
    document.edit("Type", Model(), merges=True)
    assert document.history.count() == 0
    assert document.model == Model()


def test_equal_nodes_stay_the_same_objects(document: Document) -> None:
    def network(units: int) -> Network:
        return Network((Node("a", (), Dense(units=3)), Node("b", (Link("a"),), Dense(units=units))))

    document.edit("Draw", replace(Model(), network=network(1)))
    before = document.model.network
    document.edit("Type", replace(Model(), network=network(2)))
    after = document.model.network
    assert after["a"] is before["a"]
    assert after["b"].layer == Dense(units=2)


def test_saving_makes_the_file_the_documents_own_and_clean(document: Document, tmp_path: Path, qtbot: QtBot) -> None:
    path = tmp_path / "a.txtpb"
    document.edit("Rename", named("a"))
    assert not document.is_saved
    with qtbot.waitSignal(document.titled):
        document.save(path)
    assert document.is_saved
    assert document.name == "a.txtpb"
    assert load(path).model == named("a")
    document.edit("Rename", named("b"))
    assert not document.is_saved
    document.history.undo()
    assert document.is_saved


def test_a_step_after_saving_never_merges_into_what_was_saved(document: Document, tmp_path: Path) -> None:
    document.edit("Type", named("a"), merges=True)
    document.save(tmp_path / "a.txtpb")
    document.edit("Type", named("ab"), merges=True)
    document.history.undo()
    assert document.is_saved
    assert document.model == named("a")


def test_a_model_of_the_gallery_is_a_copy_that_belongs_to_no_file(document: Document) -> None:
    document.open("gallery:lenet")
    assert document.path is None
    assert document.name == "LeNet"
    assert document.is_saved
    assert document.report.params == 431_080


def test_a_file_that_cannot_be_read_leaves_everything_as_it_was(document: Document, tmp_path: Path) -> None:
    document.open("gallery:lenet")
    before = document.model
    with pytest.raises(NetwrightError):
        document.open(tmp_path / "missing.txtpb")
    assert document.model is before


def test_saved_in_another_folder_the_data_are_found(document: Document, tmp_path: Path) -> None:
    text = 'netwright: 1\ndata {\n  source { npz { path: "digits.npz" } }\n}\n'
    first = tmp_path / "a" / "one.txtpb"
    first.parent.mkdir()
    first.write_text(text)
    document.open(first)
    (tmp_path / "b").mkdir()
    document.save(tmp_path / "b" / "two.txtpb")
    assert (tmp_path / "b" / "two.txtpb").read_text().count("../a/digits.npz") == 1
    assert document.is_saved
