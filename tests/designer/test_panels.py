"""Palette, inspector, gallery and the small parts around them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from designer import figures
from designer.editors import NoteBox
from designer.finder import Found, best
from designer.panels.help import HelpPage
from designer.panels.palette import MIME, families
from designer.window import Window
from engine.layers import CATALOGUE, Layer
from engine.layers.convolution import Conv2D
from engine.opening import gallery
from engine.schema.files import load
from engine.schema.write import write


def view(window: Window, name: str) -> Any:
    window.sides.show(name)
    return window.sides.docks[name].view


def test_the_palette_holds_every_layer_that_can_be_added_once() -> None:
    listed = [name for layers in families().values() for name, _ in layers]
    assert len(listed) == len(set(listed))
    missing = [name for name in CATALOGUE if name not in listed]
    kinds = {CATALOGUE.get(name) for name in missing}
    assert all(kind is not None and issubclass(kind, Layer) and kind.FAMILY in ("unknown", "block") for kind in kinds)


def test_a_layer_dragged_from_the_palette_lands_on_the_canvas(window: Window, qtbot: QtBot) -> None:
    palette = view(window, "layers")
    palette.search.setText("GELU")
    item = palette.tree.currentItem()
    data = palette.tree.mimeData([item])
    assert bytes(data.data(MIME).data()) == b"gelu"
    event = QDropEvent(
        QPointF(600, 100),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    window.canvas.dropEvent(event)
    assert window.desk.document.model.network["gelu1"].layer == CATALOGUE.get("gelu")()  # type: ignore[misc]


def test_the_filter_finds_by_family_and_by_what_the_help_says(window: Window) -> None:
    palette = view(window, "layers")

    def shown() -> set[str]:
        return {item.text(0) for item in palette.tree._layers() if not item.isHidden()}

    palette.search.setText("pooling")
    assert {"MaxPool2D", "AvgPool2D", "GlobalAvgPool"} <= shown()
    assert "Conv2D" not in shown()
    palette.search.setText("no such thing")
    assert not shown()
    palette.search.setText("")
    assert len(shown()) == sum(len(layers) for layers in families().values())


def test_double_click_and_tooltip_of_a_palette_entry(window: Window, qtbot: QtBot) -> None:
    palette = view(window, "layers")
    palette.search.setText("dropout")
    item = palette.tree.currentItem()
    assert item.toolTip(0) == (CATALOGUE.get("dropout").__doc__ or "").partition("\n")[0]
    palette.tree.itemActivated.emit(item, 0)
    assert "dropout1" in window.desk.document.model.network


def test_several_nodes_of_one_layer_are_changed_together(window: Window, qtbot: QtBot) -> None:
    inspector = view(window, "inspector")
    window.desk.selection.set(("conv1", "conv2"))
    page = inspector.node_page
    assert page.name.text() == "2 nodes"
    line: QLineEdit = page.form.editor("kernel").head
    line.setText("3")
    line.setModified(True)
    qtbot.keyClick(line, Qt.Key.Key_Return)
    layers = [window.desk.document.model.network[name].layer for name in ("conv1", "conv2")]
    assert all(isinstance(layer, Conv2D) and layer.kernel == (3, 3) for layer in layers)
    assert [layer.filters for layer in layers if isinstance(layer, Conv2D)] == [20, 50]
    window.commands["undo"].trigger()
    assert not window.commands["undo"].isEnabled()


def test_a_node_is_renamed_everywhere_and_a_name_that_is_taken_is_refused(window: Window, qtbot: QtBot) -> None:
    inspector = view(window, "inspector")
    window.desk.selection.set(("digit",))
    line: QLineEdit = inspector.node_page.name
    line.selectAll()
    qtbot.keyClicks(line, "loss")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert "already" in inspector.node_page.refusal.text()
    line.selectAll()
    qtbot.keyClicks(line, "number")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    model = window.desk.document.model
    assert '"digit"' not in write(model)
    assert any(feed.node == "number" for feed in model.data.feeds)
    assert window.desk.selection.names == ("number",)


def test_weights_are_offered_only_where_there_are_some(window: Window) -> None:
    inspector = view(window, "inspector")
    more = inspector.node_page.more.editor("weight").more
    window.reveal(("conv1",))
    assert more.isVisibleTo(inspector.node_page)
    window.reveal(("pool1",))
    assert not more.isVisibleTo(inspector.node_page)
    window.desk.selection.set(("pool1", "conv2"))
    assert more.isVisibleTo(inspector.node_page)


def test_a_note_written_in_the_inspector_is_the_comment_above_the_node(window: Window, qtbot: QtBot) -> None:
    inspector = view(window, "inspector")
    window.desk.selection.set(("relu1",))
    box: NoteBox = inspector.node_page.note.editor("note").body
    box.setPlainText("as in 1998")
    box.finished.emit()
    assert '# as in 1998\nnode { name: "relu1"' in write(window.desk.document.model)


def test_figures_of_a_node_are_those_of_the_report(window: Window) -> None:
    inspector = view(window, "inspector")
    window.desk.selection.set(("conv2",))
    found = {name.text(): value.text() for name, value in inspector.node_page.facts._rows if not name.isHidden()}
    assert found["In"] == "20 × 12 × 12"
    assert found["Out"] == "50 × 8 × 8"
    assert found["Parameters"] == "25,050"
    assert found["Multiply-adds"] == "1.60 M"
    assert found["weight"] == "50 × 20 × 5 × 5"


def test_with_nothing_selected_the_recipe_is_edited(window: Window, qtbot: QtBot) -> None:
    inspector = view(window, "inspector")
    window.desk.selection.set(("conv2",))
    window.commands["recipe"].trigger()
    line: QLineEdit = inspector.model_page.form.editor("epochs").head
    line.selectAll()
    qtbot.keyClicks(line, "3")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert window.desk.document.model.recipe.epochs == 3
    name: QLineEdit = inspector.model_page.name
    name.selectAll()
    qtbot.keyClicks(name, "Mine")
    qtbot.keyClick(name, Qt.Key.Key_Return)
    assert window.desk.document.model.name == "Mine"


def test_the_help_page_shows_formula_and_fields(window: Window) -> None:
    window.desk.selection.set(("conv2",))
    view(window, "inspector")
    window.commands["layer_help"].trigger()
    page = window.findChild(HelpPage)
    assert "filters" in page.text.toPlainText()
    assert page.windowTitle() == "Conv2D"


def test_the_gallery_opens_a_copy(make_window: Callable[[str], Window]) -> None:
    window = make_window("")
    shelf = view(window, "gallery")
    assert shelf.list.count() == len(gallery())
    row = next(row for row in range(shelf.list.count()) if shelf.list.item(row).text().startswith("LeNet"))
    shelf.list.itemActivated.emit(shelf.list.item(row))
    assert window.desk.document.model.name == "LeNet"
    assert window.desk.document.path is None


def test_hidden_panels_display_nothing_until_they_are_seen(window: Window, qtbot: QtBot) -> None:
    summary = view(window, "summary")
    view(window, "inspector")
    qtbot.waitUntil(lambda: not window.sides.docks["summary"].is_seen)
    before = summary.totals.text()
    window.desk.document.start(replace(window.desk.document.model, network=type(window.desk.document.model.network)()))
    assert summary.totals.text() == before
    assert view(window, "summary").totals.text().startswith("0 parameters")


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (999_999, "999,999"), (2_293_000, "2.29 M"), (11_200_000_000, "11.2 G")]
)
def test_large_numbers_are_short(value: int, text: str) -> None:
    assert figures.short(value) == text


@pytest.mark.parametrize(("value", "text"), [(12, "12 B"), (12_800, "12.8 kB"), (4_000_000, "4.00 MB")])
def test_sizes_have_their_unit(value: int, text: str) -> None:
    assert figures.size(value) == text


def test_shapes_are_written_with_their_axes() -> None:
    assert figures.shape((20, 12, 12)) == "20 × 12 × 12"
    assert figures.shape((-1, 64)) == "any × 64"
    assert figures.shape(()) == "1"


def test_what_begins_like_the_text_is_found_first() -> None:
    def found(words: str) -> Found:
        return Found(words, "", lambda: None)

    everything = [found("Dense"), found("Go to the Log"), found("AvgPool2D"), found("Pool"), found("Save the pool")]
    assert [hit.words for hit in best(everything, "pool")] == ["Pool", "Save the pool", "AvgPool2D"]
    assert [hit.words for hit in best(everything, "gtl")] == ["Go to the Log"]
    assert best(everything, "xyz") == []


def test_what_stands_in_a_field_is_saved_without_pressing_enter(window: Window, qtbot: QtBot, tmp_path: Any) -> None:
    window.desk.document.save(tmp_path / "mine.txtpb")
    inspector = view(window, "inspector")
    window.desk.selection.set(("conv1",))
    line: QLineEdit = inspector.node_page.form.editor("filters").head
    line.setFocus()
    line.selectAll()
    qtbot.keyClicks(line, "8")
    window.commands["save"].trigger()
    assert load(tmp_path / "mine.txtpb").model.network["conv1"].layer == Conv2D(filters=8, kernel=5)
