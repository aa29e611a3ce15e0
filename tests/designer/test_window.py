"""The real window, driven by real events."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, QSettings, Qt, QUrl
from PySide6.QtGui import QDropEvent, QTextDocument
from PySide6.QtWidgets import QFileDialog, QLineEdit
from pytestqt.qtbot import QtBot

import resources
from designer import notices
from designer.actions import COMMANDS
from designer.panels.data import DataPanel
from designer.window import Window
from engine.layers.convolution import Conv2D
from engine.schema.files import load

MakeWindow = Callable[[str], Window]


def entry(window: Window, field: str) -> QLineEdit:
    """The inspector's line for a field of the selected node."""
    page = window.sides.docks["inspector"].view.node_page
    return page.form.editor(field).head


def status(window: Window) -> str:
    """What the status bar says, in plain words."""
    document = QTextDocument()
    document.setHtml(window.status.facts.text())
    return " ".join(document.toPlainText().split())


def enter(qtbot: QtBot, line: QLineEdit, text: str) -> None:
    line.setFocus()
    line.selectAll()
    qtbot.keyClicks(line, text)
    qtbot.keyClick(line, Qt.Key.Key_Return)


def say_where(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    """The file dialogues answer `path`."""
    for name in ("getOpenFileName", "getSaveFileName"):
        monkeypatch.setattr(QFileDialog, name, lambda *_: (str(path), ""))


def test_the_window_opens_on_lenet_ready_to_train(window: Window) -> None:
    assert window.windowTitle() == "LeNet[*] – Netwright"
    assert status(window) == "431,080 parameters · 2.29 M multiply-adds · no problems · saved"
    assert window.commands["train"].isEnabled()


def test_the_first_start_opens_lenet_and_a_file_argument_that_file(make_window: MakeWindow, tmp_path: Path) -> None:
    from designer.application import open_first

    first = make_window("")
    open_first(first, [])
    assert first.desk.document.model.name == "LeNet"
    first.desk.document.save(tmp_path / "mine.txtpb")
    open_first(first, [str(tmp_path / "mine.txtpb")])
    assert first.desk.document.name == "mine.txtpb"


def test_an_edit_in_the_inspector_reaches_canvas_text_and_figures(window: Window, qtbot: QtBot) -> None:
    window.desk.selection.set(("conv2",))
    window.sides.show("inspector")
    enter(qtbot, entry(window, "filters"), "60")
    layer = window.desk.document.model.network["conv2"].layer
    assert isinstance(layer, Conv2D)
    assert layer.filters == 60
    assert window.canvas.model is window.desk.document.model
    assert "filters: 60" in window.sides.docks["schema"].view.text.toPlainText()
    assert window.isWindowModified()
    assert window.commands["undo"].text() == "&Undo Change filters of conv2"


def test_everything_done_is_undone_and_redone_to_the_same_values(window: Window, qtbot: QtBot) -> None:
    document = window.desk.document
    first = document.model
    window.desk.selection.set(("conv1",))
    window.sides.show("inspector")
    enter(qtbot, entry(window, "filters"), "8")
    enter(qtbot, entry(window, "kernel"), "3")
    window.canvas.adding.below("dropout")
    window.canvas.action("select_all").trigger()
    window.canvas.action("delete").trigger()
    assert not document.model.network.nodes
    last = document.model
    for _ in range(document.history.count()):
        window.commands["undo"].trigger()
    assert document.model == first
    assert not window.commands["undo"].isEnabled()
    assert "there is nothing to undo" in window.commands["undo"].toolTip()
    while window.commands["redo"].isEnabled():
        window.commands["redo"].trigger()
    assert document.model == last


def test_ctrl_z_in_a_field_undoes_the_step_that_the_field_made(window: Window, qtbot: QtBot) -> None:
    window.desk.selection.set(("conv1",))
    window.sides.show("inspector")
    before = window.desk.document.model
    line = entry(window, "filters")
    enter(qtbot, line, "8")
    qtbot.keyClick(line, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.desk.document.model == before
    assert line.text() == "20"


def test_a_layer_of_the_palette_is_found_by_typing_and_added_by_enter(window: Window, qtbot: QtBot) -> None:
    palette = window.sides.docks["layers"].view
    qtbot.keyClicks(palette.search, "dropo")
    qtbot.keyClick(palette.search, Qt.Key.Key_Return)
    assert window.desk.selection.names == ("dropout1",)
    assert "dropout1" in window.desk.document.model.network


def test_save_as_reopen_and_recent_files(
    window: Window, make_window: MakeWindow, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "mine.txtpb"
    say_where(monkeypatch, path)
    window.canvas.adding.below("relu")
    window.commands["save"].trigger()
    assert load(path).model == window.desk.document.model
    assert status(window).endswith("· saved")
    assert window.desk.settings.recent == (path,)
    other = make_window("")
    say_where(monkeypatch, path)
    other.commands["open"].trigger()
    assert other.desk.document.model == window.desk.document.model


def test_a_recent_file_that_is_gone_is_said_and_forgotten(window: Window, tmp_path: Path) -> None:
    gone = tmp_path / "gone.txtpb"
    window.desk.settings.remember(gone)
    assert not window.files.open_source(str(gone))
    assert window.notices.shown is not None
    assert "gone.txtpb" in window.notices.shown.words
    assert window.desk.settings.recent == ()


def test_a_damaged_file_is_refused_in_a_sentence_and_nothing_is_lost(window: Window, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.txtpb"
    damaged.write_text('netwright: 1\nnode { name: "a" dense { unitss: 3 } }\n')
    before = window.desk.document.model
    assert not window.files.open_source(str(damaged))
    assert window.notices.shown is not None
    assert window.notices.shown.severity == "error"
    assert "unitss" in window.notices.shown.words
    assert window.desk.document.model is before


def drop(window: Window, path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    event = QDropEvent(
        QPointF(400, 300),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    window.dropEvent(event)


def test_a_model_dropped_on_the_window_is_opened(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "dropped.txtpb"
    path.write_text('netwright: 1\nname: "dropped"\n')
    drop(window, path)
    qtbot.waitUntil(lambda: window.desk.document.model.name == "dropped")


@pytest.mark.parametrize("name", ["digits.npz", "penguins.csv", "textures"])
def test_data_dropped_on_the_window_are_offered_to_train_on(
    window: Window, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    before = window.desk.document.model
    offered: list[Path | None] = []
    monkeypatch.setattr(DataPanel, "open_dialog", lambda panel, path=None: offered.append(path))
    drop(window, resources.path("data", name))
    qtbot.waitUntil(lambda: bool(offered))
    assert offered == [resources.path("data", name)]
    assert window.sides.docks["data"].isVisible()
    assert window.desk.document.model is before


@pytest.mark.parametrize(("answer", "leaves"), [("Discard", True), ("Cancel", False), ("Save", True)])
def test_unsaved_changes_are_asked_about(
    window: Window, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, answer: str, leaves: bool
) -> None:
    path = tmp_path / "kept.txtpb"
    say_where(monkeypatch, path)
    monkeypatch.setattr(notices, "ask", lambda *_: answer)
    window.canvas.adding.below("relu")
    window.commands["new"].trigger()
    assert bool(window.desk.document.model.network.nodes) != leaves
    assert path.exists() == (answer == "Save")
    monkeypatch.setattr(notices, "ask", lambda *_: "Discard")


def test_a_problem_is_listed_and_a_click_goes_to_its_node(window: Window, qtbot: QtBot) -> None:
    window.desk.selection.set(("conv2",))
    window.sides.show("inspector")
    enter(qtbot, entry(window, "kernel"), "99")
    assert "1 error" in status(window)
    window.status.facts.linkActivated.emit("#")
    problems = window.sides.docks["problems"].view
    window.desk.selection.set(())
    item = problems.list.item(0)
    point = problems.list.visualItemRect(item).center()
    qtbot.mouseClick(problems.list.viewport(), Qt.MouseButton.LeftButton, pos=point)
    assert window.desk.selection.names == ("conv2",)
    assert window.canvas.selection == ("conv2",)


def test_a_network_with_errors_cannot_be_trained_and_the_button_says_why(window: Window, qtbot: QtBot) -> None:
    window.steering.load()
    window.desk.selection.set(("conv2",))
    window.sides.show("inspector")
    enter(qtbot, entry(window, "kernel"), "99")
    assert not window.bar.train.isEnabled()
    assert "kernel" in window.bar.train.toolTip()


def test_the_summary_lists_every_node_and_jumps_to_it(window: Window, qtbot: QtBot) -> None:
    window.sides.show("summary")
    summary = window.sides.docks["summary"].view
    assert summary.rows.rowCount() == len(window.desk.document.model.network.nodes)
    assert summary.totals.text().startswith("431,080 parameters · 2.29 M multiply-adds")
    assert summary.totals.text().endswith("84.0 kB a sample")
    row = next(place for place, row in enumerate(summary.rows.rows) if row.name == "conv2")
    index = summary.table.model().index(row, 0)
    assert summary.table.model().index(row, 2).data() == "25,050"
    qtbot.mouseClick(summary.table.viewport(), Qt.MouseButton.LeftButton, pos=summary.table.visualRect(index).center())
    assert window.desk.selection.names == ("conv2",)


def test_sides_fold_away_and_come_back_as_they_were(window: Window, qtbot: QtBot) -> None:
    window.sides.show("schema")
    dock = window.sides.docks["schema"]
    window.commands["right"].trigger()
    assert dock.isHidden()
    window.commands["right"].trigger()
    qtbot.waitUntil(lambda: not dock.visibleRegion().isEmpty())
    window.commands["focus"].trigger()
    assert all(dock.isHidden() for dock in window.sides.docks.values())
    window.commands["focus"].trigger()
    assert not any(dock.isHidden() for dock in window.sides.docks.values())


def test_geometry_and_tabs_are_as_they_were_left(make_window: MakeWindow, store: QSettings, qtbot: QtBot) -> None:
    first = make_window("")
    first.sides.show("summary")
    first.sides.docks["gallery"].hide()
    first.close()
    assert not store.value("geometry/panels").isEmpty()
    second = make_window("")
    assert second.sides.docks["gallery"].isHidden()
    qtbot.waitUntil(lambda: not second.sides.docks["summary"].visibleRegion().isEmpty())


def test_the_finder_runs_commands_adds_layers_and_goes_to_nodes(window: Window, qtbot: QtBot) -> None:
    window.activateWindow()
    for text, check in (
        ("conv2", lambda: window.desk.selection.names == ("conv2",)),
        ("GELU", lambda: "gelu1" in window.desk.document.model.network),
        ("left panels", window.sides.docks["layers"].isHidden),
    ):
        window.commands["commands"].trigger()
        qtbot.keyClicks(window.finder, text)
        qtbot.keyClick(window.finder, Qt.Key.Key_Return)
        assert check(), text


def test_no_key_means_two_things() -> None:
    from canvas.actions import COMMANDS as ON_CANVAS

    keys = [key for command in (*COMMANDS, *ON_CANVAS) for key in command.keys]
    assert len(keys) == len(set(keys))


def test_the_window_loads_no_framework_and_no_exchange_format(window: Window, qtbot: QtBot) -> None:
    import subprocess

    program = (
        "import sys, tempfile, pathlib\n"
        "from PySide6.QtCore import QSettings\n"
        "from PySide6.QtTest import QTest\n"
        "from designer import application\n"
        "folder = pathlib.Path(tempfile.mkdtemp())\n"
        "qt = application.set_up()\n"
        "window = application.build(qt, QSettings(str(folder / 's.ini'), QSettings.Format.IniFormat), folder)\n"
        "application.open_first(window, [])\n"
        "window.show()\n"
        "print(*{name.partition('.')[0] for name in sys.modules})\n"
        "QTest.qWait(500)\n"
        "print(*{name.partition('.')[0] for name in sys.modules})\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120)
    at_first, later = (set(line.split()) for line in done.stdout.splitlines())
    assert "PySide6" in at_first
    assert not at_first & {"torch", "mxnet", "onnx", "onnxruntime", "networkx", "numpy", "pyqtgraph", "matplotlib"}
    assert not later & {"torch", "mxnet", "onnx"}


def test_points_in_the_window_are_where_they_are_drawn(window: Window, qtbot: QtBot) -> None:
    box = window.canvas.board.picture.boxes["conv1"]
    point: QPoint = window.canvas.mapFromScene(box.rect.center())
    qtbot.mouseClick(window.canvas.viewport(), Qt.MouseButton.LeftButton, pos=point)
    assert window.desk.selection.names == ("conv1",)
