"""Exporting from the window: the verb in another process, its answer as a notice."""

from collections.abc import Callable
from pathlib import Path

import onnx
import pytest
from pytestqt.qtbot import QtBot

from designer.export import Conversion, ExportDialog
from designer.window import Window
from engine.formats import FORMATS

MINUTE = 60_000


def test_the_dialogue_writes_an_onnx_file_of_what_is_drawn(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    out = tmp_path / "lenet.onnx"
    window.canvas.adding.below("relu")
    window.canvas.action("delete").trigger()
    window.commands["export"].trigger()
    dialog = window.findChild(ExportDialog)
    dialog.format.setCurrentIndex([row.name for row in dialog._formats].index("onnx"))
    dialog.file.setText(str(out))
    dialog.buttons.accepted.emit()
    qtbot.waitUntil(lambda: window.notices.shown is not None, timeout=MINUTE)
    assert window.notices.shown is not None
    assert "lenet.onnx" in window.notices.shown.words
    model = onnx.load(out)
    onnx.checker.check_model(model)
    assert [node.op_type for node in model.graph.node].count("Conv") == 2


def test_what_cannot_be_exported_is_said(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    conversion = Conversion(window.desk.document, window.notices, window)
    (tmp_path / "file").touch()
    conversion.start(tmp_path / "file" / "a.onnx", FORMATS["onnx"])
    qtbot.waitUntil(lambda: window.notices.shown is not None, timeout=MINUTE)
    assert window.notices.shown is not None
    assert window.notices.shown.severity == "error"


@pytest.mark.parametrize("source", ["", "gallery:lenet"])
def test_a_file_is_proposed_beside_the_document_or_at_home(
    make_window: Callable[[str], Window], source: str, tmp_path: Path
) -> None:
    window = make_window(source)
    window.commands["export"].trigger()
    dialog = window.findChild(ExportDialog)
    assert Path(dialog.file.text()).parent == Path.home()
    dialog.close()
    window.desk.document.save(tmp_path / "mine.txtpb")
    beside = ExportDialog(window.desk.document, window.notices, window)
    assert Path(beside.file.text()) == tmp_path / "mine.onnx"
