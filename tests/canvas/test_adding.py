"""Layers are added at the cursor, from the palette, at the end of a wire, in a wire."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QListWidget

from canvas.drops import mime_of
from canvas.quickadd import CHOICE, QuickAdd
from canvas.search import choices, matching
from tests.canvas.bench import Bench, model_of, node

SHIFT = Qt.KeyboardModifier.ShiftModifier
NONE = Qt.KeyboardModifier.NoModifier


def popup() -> QuickAdd:
    """The quick-add that is open."""
    opened = QApplication.activePopupWidget()
    assert isinstance(opened, QuickAdd)
    return opened


def offered() -> list[str]:
    entries = popup().findChild(QListWidget)
    return [entries.item(row).text() for row in range(entries.count()) if entries.item(row).data(CHOICE)]


def choose(typed: str) -> None:
    field = popup().findChild(QLineEdit)
    QTest.keyClicks(field, typed)
    QTest.keyClick(field, Qt.Key.Key_Return)


def test_a_double_click_asks_for_a_layer_and_enter_adds_it_there(empty):
    at = empty.canvas.viewport().rect().center()
    empty.double_click(at)
    assert len(offered()) == len(choices())
    choose("dense")
    assert empty.names == ["dense1"]
    assert empty.canvas.board.picture.boxes["dense1"].rect.contains(empty.canvas.mapToScene(at))
    assert empty.canvas.selection == ("dense1",)
    assert empty.steps == ["Add dense1"]


def test_shift_a_and_tab_ask_as_well(empty):
    for key, keys in ((Qt.Key.Key_A, SHIFT), (Qt.Key.Key_Tab, NONE)):
        empty.key(key, keys)
        choose("relu")
    assert empty.names == ["relu1", "relu2"]


def test_escape_adds_nothing(empty):
    empty.double_click(QPoint(300, 300))
    QTest.keyClick(popup().findChild(QLineEdit), Qt.Key.Key_Escape)
    assert QApplication.activePopupWidget() is None
    assert empty.steps == []


def test_the_arrow_keys_go_from_layer_to_layer_over_the_headings(empty):
    empty.double_click(QPoint(300, 300))
    field, entries = popup().findChild(QLineEdit), popup().findChild(QListWidget)
    seen = []
    for _ in range(4):
        seen.append(entries.currentItem().text())
        QTest.keyClick(field, Qt.Key.Key_Down)
    QTest.keyClick(field, Qt.Key.Key_Up)
    assert seen == offered()[:4]
    assert entries.currentItem().text() == offered()[3]
    popup().close()


def test_a_wire_let_go_over_nothing_offers_layers_that_may_follow_and_wires_the_chosen_one(bench):
    bench.drag(bench.output("image"), bench.spot(400, 100), bench.spot(420, 140))
    assert "Conv2D" in offered()
    assert not {"Conv1D", "LSTM", "Embedding", "Input", "Target"} & {*offered()}
    choose("conv2d")
    assert bench.inputs("conv2") == ["image"]
    assert bench.steps == ["Add conv2"]
    top = bench.canvas.board.picture.boxes["conv2"]
    assert (top.at(top.inputs[0]) - QPointF(420, 140)).manhattanLength() <= 8


def test_a_wire_drawn_backwards_offers_layers_that_may_precede(empty):
    empty.show(model_of(node("a", "dense"), node("loss", "softmax_cross_entropy", "a")))
    empty.drag(empty.input("loss", 1), empty.spot(400, 20), empty.spot(420, 40))
    assert {"Target"} <= {*offered()} <= {"Target", "Input", "Constant"}
    choose("target")
    assert empty.inputs("loss") == ["a", "target"]


def test_the_menu_of_a_wire_inserts_a_layer(bench):
    bench.click(bench.wire("pool1"), button=Qt.MouseButton.RightButton)
    menu = QApplication.activePopupWidget()
    next(action for action in menu.actions() if action.text() == "Insert a layer…").trigger()
    menu.close()
    assert "Input" not in offered()
    choose("relu")
    assert (bench.inputs("relu1"), bench.inputs("pool1")) == (["conv1"], ["relu1"])


def drop(bench: Bench, spelling: str, at: QPoint) -> None:
    data = mime_of(spelling)
    copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    enter = QDragEnterEvent(at, copy, data, left, NONE)
    QApplication.sendEvent(bench.canvas.viewport(), enter)
    assert enter.isAccepted() == (spelling in {choice.spelling for choice in choices()})
    QApplication.sendEvent(bench.canvas.viewport(), QDropEvent(QPointF(at), copy, data, left, NONE))


def test_a_layer_dropped_from_the_palette_stands_where_it_was_dropped(empty):
    at = empty.spot(400, 300)
    drop(empty, "conv2d", at)
    assert empty.names == ["conv1"]
    assert empty.canvas.board.picture.boxes["conv1"].rect.contains(empty.canvas.mapToScene(at))


def test_a_layer_dropped_on_a_wire_goes_into_it(bench):
    drop(bench, "relu", bench.wire("pool1"))
    assert (bench.inputs("relu1"), bench.inputs("pool1")) == (["conv1"], ["relu1"])


def test_a_dragged_layer_has_a_ghost_until_it_leaves(empty):
    data = mime_of("dense")
    enter = QDragEnterEvent(QPoint(50, 50), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, NONE)
    QApplication.sendEvent(empty.canvas.viewport(), enter)
    before = empty.canvas.grab().toImage()
    QApplication.sendEvent(empty.canvas.viewport(), QDragLeaveEvent())
    assert empty.canvas.grab().toImage() != before


def test_what_is_not_a_layer_is_not_accepted(empty):
    drop(empty, "not_a_layer", QPoint(50, 50))
    assert empty.steps == []


def test_the_palette_s_enter_builds_a_chain(empty):
    for spelling in ("input", "conv2d", "relu", "flatten"):
        empty.canvas.adding.below(spelling)
    assert empty.names == ["input", "conv1", "relu1", "flatten1"]
    assert [empty.inputs(name) for name in empty.names] == [[], ["input"], ["conv1"], ["relu1"]]
    assert len({empty.place(name)[0] for name in empty.names}) == 1
    assert all(empty.canvas.visible.contains(box.rect) for box in empty.canvas.board.picture.boxes.values())


def test_what_is_typed_finds_names_first_then_scattered_letters_then_help():
    def found(typed: str) -> list[str]:
        return [choice.name for choice in matching(choices(), typed)]

    assert found("relu")[0] == "ReLU"
    assert "LeakyReLU" in found("relu")
    assert found("conv")[0].startswith("Conv")
    assert found("mp2")[0] == "MaxPool2D"
    assert found("normalization batch")[0] == "BatchNorm"
    assert found("xyzzy") == []
