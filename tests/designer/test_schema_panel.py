"""The text and the model are two sides of one thing."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCursor
from pytestqt.qtbot import QtBot

from designer.panels.schema import Schema
from designer.window import Window
from engine.layers.convolution import Conv2D
from engine.naming import renamed
from engine.schema.read import read
from engine.schema.write import write


@pytest.fixture
def schema(window: Window) -> Schema:
    window.sides.show("schema")
    view = window.sides.docks["schema"].view
    assert isinstance(view, Schema)
    return view


def text(schema: Schema) -> str:
    return schema.text.toPlainText()


def put_cursor(schema: Schema, behind: str) -> None:
    cursor = schema.text.textCursor()
    cursor.setPosition(text(schema).index(behind) + len(behind))
    schema.text.setTextCursor(cursor)
    schema.text.setFocus()


def test_the_pane_shows_the_canonical_text(window: Window, schema: Schema) -> None:
    assert text(schema) == write(window.desk.document.model)


def test_typing_changes_the_model_after_a_pause_as_one_step(window: Window, schema: Schema, qtbot: QtBot) -> None:
    document = window.desk.document
    put_cursor(schema, "filters: 20")
    for _ in range(2):
        qtbot.keyClick(schema.text, Qt.Key.Key_Backspace)
    qtbot.keyClicks(schema.text, "33")

    def filters() -> int:
        layer = document.model.network["conv1"].layer
        assert isinstance(layer, Conv2D)
        return layer.filters

    qtbot.waitUntil(lambda: filters() == 33)
    assert document.history.count() == 1
    assert window.canvas.model is document.model


def test_text_that_cannot_be_read_is_marked_and_the_drawing_stays(window: Window, schema: Schema, qtbot: QtBot) -> None:
    before = window.desk.document.model
    put_cursor(schema, "conv2d { filters")
    qtbot.keyClicks(schema.text, "s")
    qtbot.waitUntil(schema.state.isVisible)
    assert "filterss" in schema.state.text()
    place = text(schema).index("filterss")
    assert "did you mean" in schema.text.words_at(place)
    assert window.desk.document.model is before
    qtbot.keyClick(schema.text, Qt.Key.Key_Backspace)
    schema.flush()
    assert not schema.state.isVisible()
    assert schema.text.words_at(place) == ""


def test_undo_first_takes_back_what_could_not_be_read(window: Window, schema: Schema, qtbot: QtBot) -> None:
    before = text(schema)
    put_cursor(schema, "conv2d { filters")
    qtbot.keyClicks(schema.text, "s")
    qtbot.keyClick(schema.text, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert text(schema) == before
    assert window.desk.document.history.count() == 0


def test_an_edit_elsewhere_changes_its_own_line_and_leaves_cursor_form_and_comments(
    window: Window, schema: Schema, qtbot: QtBot
) -> None:
    put_cursor(schema, "filters: 20")
    qtbot.keyClicks(schema.text, "   ")  # a form of one's own, that says the same
    schema.flush()
    assert window.desk.document.history.count() == 0
    before = text(schema).splitlines()
    at = schema.text.textCursor().position()
    document = window.desk.document
    document.edit("Rename", renamed(document.model, "digit", "number"))
    after = text(schema).splitlines()
    changed = [new for old, new in zip(before, after, strict=True) if old != new]
    assert changed
    assert all("number" in line for line in changed)
    assert schema.text.textCursor().position() == at
    assert read(text(schema)).model == document.model


def test_broken_text_survives_an_edit_elsewhere_and_takes_it_in(window: Window, schema: Schema, qtbot: QtBot) -> None:
    document = window.desk.document
    put_cursor(schema, "conv2d { filters")
    qtbot.keyClicks(schema.text, "s")
    schema.flush()
    document.edit("Rename", renamed(document.model, "digit", "number"))
    assert "filterss" in text(schema)
    assert 'name: "number"' in text(schema)
    cursor = schema.text.textCursor()
    cursor.setPosition(text(schema).index("filterss") + len("filterss"))
    cursor.deletePreviousChar()
    schema.flush()
    assert "number" in document.model.network
    assert read(text(schema)).model == document.model


def test_comments_are_notes_and_notes_are_comments(window: Window, schema: Schema, qtbot: QtBot) -> None:
    cursor = schema.text.textCursor()
    cursor.setPosition(text(schema).index('node { name: "ip1"'))
    cursor.insertText("# half of what it could be\n")
    schema.flush()
    assert window.desk.document.model.network["ip1"].note.endswith("half of what it could be")


def test_the_cursor_selects_its_node_and_a_selected_node_is_set_off(
    window: Window, schema: Schema, qtbot: QtBot
) -> None:
    put_cursor(schema, 'name: "pool2"')
    assert window.desk.selection.names == ("pool2",)
    assert window.canvas.selection == ("pool2",)
    schema.text.clearFocus()
    window.canvas.choose(("ip1",))
    line = schema.text.textCursor().block().text()
    assert 'name: "ip1"' in line


def test_everything_deleted_and_typed_again_is_the_same_model(window: Window, schema: Schema) -> None:
    before, whole = window.desk.document.model, text(schema)
    schema.text.moveCursor(QTextCursor.MoveOperation.Start)
    schema.text.selectAll()
    schema.text.insertPlainText("")
    schema.flush()
    assert schema.state.isVisible()
    assert window.desk.document.model is before
    schema.text.insertPlainText(whole)
    schema.flush()
    assert window.desk.document.model == before
