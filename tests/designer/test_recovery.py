"""What was not saved survives the death of the process."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from designer.document import Document
from designer.recovery import SUFFIX, Recovery, leftovers
from designer.rescue import Difference, difference
from designer.window import Window
from engine.schema.files import load

EDITS_AND_WAITS = """
import sys, time
from dataclasses import replace
from pathlib import Path
from PySide6.QtWidgets import QApplication
from designer.document import Document
from designer.recovery import Recovery

application = QApplication([])
document = Document()
document.open(sys.argv[2])
recovery = Recovery(document, Path(sys.argv[1]))
document.edit("Rename", replace(document.model, name="unsaved"))
recovery.write()
recovery.wait()
print("written", flush=True)
time.sleep(60)
"""


def die_with_unsaved_work(folder: Path, file: Path) -> None:
    """Another process edits `file`, does not save, and is killed."""
    process = subprocess.Popen(
        [sys.executable, "-c", EDITS_AND_WAITS, str(folder), str(file)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "written\n"
    assert list(leftovers(folder)) == []  # it is alive: its work is its own
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()


@pytest.fixture
def file(tmp_path: Path, qtbot: QtBot) -> Path:
    document = Document()
    document.open("gallery:lenet")
    document.save(tmp_path / "mine.txtpb")
    return tmp_path / "mine.txtpb"


def test_the_work_of_a_killed_window_is_offered_and_restored(
    make_window: Callable[[str], Window], file: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    folder = tmp_path / "unsaved"
    die_with_unsaved_work(folder, file)
    window = make_window("gallery:lenet")
    qtbot.waitUntil(lambda: window.notices.shown is not None)
    assert window.notices.shown is not None
    assert "mine.txtpb" in window.notices.shown.words
    restore = next(choice for choice in window.notices.shown.choices if choice.words == "Restore")
    restore.act()
    document = window.desk.document
    assert document.model == replace(load(file).model, name="unsaved")
    assert document.path == file
    assert not document.is_saved
    assert list(leftovers(folder)) == []


def test_the_difference_shows_what_changed_and_nothing_else(file: Path, tmp_path: Path, qtbot: QtBot) -> None:
    folder = tmp_path / "unsaved"
    die_with_unsaved_work(folder, file)
    (found,) = leftovers(folder)
    lines = [line for line in difference(found).splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    assert lines == ['-name: "LeNet"', '+name: "unsaved"']
    dialog = Difference(found)
    qtbot.addWidget(dialog)
    assert '+name: "unsaved"' in dialog.text.toPlainText()
    found.discard()
    assert list(leftovers(folder)) == []


def test_a_window_that_ends_in_order_leaves_nothing(tmp_path: Path, qtbot: QtBot) -> None:
    document = Document()
    recovery = Recovery(document, tmp_path)
    document.edit("Rename", replace(document.model, name="a"))
    recovery.write()
    recovery.wait()
    assert recovery.file.exists()
    recovery.finish()
    assert list(tmp_path.iterdir()) == []


def test_saving_makes_the_snapshot_superfluous(tmp_path: Path, qtbot: QtBot) -> None:
    document = Document()
    recovery = Recovery(document, tmp_path / "unsaved")
    document.edit("Rename", replace(document.model, name="a"))
    recovery.write()
    document.save(tmp_path / "a.txtpb")
    recovery.wait()
    assert not recovery.file.exists()
    recovery.finish()


def test_damaged_snapshots_are_passed_over(tmp_path: Path, qtbot: QtBot) -> None:
    for place, text in enumerate(("", "{", "[]", json.dumps({"path": None, "base": "/", "time": 0, "text": "no"}))):
        (tmp_path / f"{place}-{time.time_ns()}{SUFFIX}").write_text(text)
    assert list(leftovers(tmp_path)) == []
