"""Exporting: which format, where to, with which weights; the work is a verb in another process."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QProcess
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QWidget,
)

from designer.document import Document
from designer.notices import Notices
from designer.verbs import command_line
from engine.data.places import located
from engine.errors import NetwrightError
from engine.formats import FORMATS, Format
from engine.schema.files import SUFFIX, save


class ExportDialog(QDialog):
    """Asks for format and file; `run` is a training whose best weights may go along."""

    def __init__(self, document: Document, said: Notices, window: QWidget, run: Path | None = None) -> None:
        super().__init__(window)
        self.setWindowTitle("Export")
        self.setMinimumWidth(520)
        self._document = document
        self._notices = said
        self._run = run
        self._formats = [row for row in FORMATS.values() if row.writes and row.name != "netwright"]
        self.format = QComboBox()
        self.format.addItems([row.title for row in self._formats])
        self.weights = QComboBox()
        self.weights.addItem("as the recipe begins")
        if run is not None:
            self.weights.addItem(f"the best of {run.name}")
            self.weights.setCurrentIndex(1)
        self.file = QLineEdit()
        browse = QPushButton("…")
        browse.setAutoDefault(False)
        browse.setAccessibleName("Choose the file")
        browse.clicked.connect(self._browse)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.buttons.addButton("Export", QDialogButtonBox.ButtonRole.AcceptRole).setDefault(True)
        self.buttons.accepted.connect(self._start)
        self.buttons.rejected.connect(self.reject)
        self.format.currentIndexChanged.connect(self._propose)
        self._arrange(browse)
        self._propose()

    def _arrange(self, browse: QPushButton) -> None:
        row = QHBoxLayout()
        row.addWidget(self.file, 1)
        row.addWidget(browse)
        grid = QGridLayout(self)
        grid.setContentsMargins(20, 16, 20, 16)
        grid.setVerticalSpacing(10)
        for place, (words, widget) in enumerate((("Format", self.format), ("Weights", self.weights))):
            grid.addWidget(QLabel(words), place, 0)
            grid.addWidget(widget, place, 1)
        grid.addWidget(QLabel("File"), 2, 0)
        grid.addLayout(row, 2, 1)
        grid.addWidget(self.buttons, 3, 0, 1, 2)
        grid.setColumnStretch(1, 1)

    @property
    def chosen(self) -> Format:
        """The format that is chosen."""
        return self._formats[self.format.currentIndex()]

    def _propose(self) -> None:
        stem = Path(self._document.name).stem
        folder = self._document.path.parent if self._document.path else Path.home()
        self.file.setText(str(folder / f"{stem}{self.chosen.extensions[0]}"))

    def _browse(self) -> None:
        name, _ = QFileDialog.getSaveFileName(self, "Export", self.file.text())
        if name:
            self.file.setText(name)

    def _start(self) -> None:
        conversion = Conversion(self._document, self._notices, self.parent())
        with_run = self._run if self.weights.currentIndex() else None
        conversion.start(Path(self.file.text()), self.chosen, with_run)
        self.accept()


class Conversion(QProcess):
    """`netwright convert` in the background; its answer becomes a notice."""

    def __init__(self, document: Document, said: Notices, parent: object) -> None:
        super().__init__(parent)  # type: ignore[arg-type]
        self._document = document
        self._notices = said
        self._folder = tempfile.TemporaryDirectory(prefix="netwright-")
        self._title = ""
        self.finished.connect(self._tell)
        self.errorOccurred.connect(lambda _: self._notices.say("The export could not be started.", "error"))

    def start(self, out: Path, to: Format, run: Path | None = None) -> None:  # type: ignore[override]
        """Convert the document as it is now, with a run's best weights where one is given."""
        self._title = to.title
        try:
            model = run or self._snapshot()
        except NetwrightError as error:
            self._notices.complain(error)
            return
        program, *rest = command_line("convert", str(model), str(out), "--to", to.name, "--force", "--json")
        super().start(program, rest)

    def _snapshot(self) -> Path:
        """The present model in a file, its data where they are."""
        path = Path(self._folder.name) / f"{Path(self._document.name).stem}{SUFFIX}"
        model = self._document.model
        save(replace(model, data=located(model.data, self._document.base)), path)
        return path

    def _tell(self, code: int) -> None:
        answer = _answer(bytes(self.readAllStandardOutput().data()))
        if code:
            why = answer.get("error") or bytes(self.readAllStandardError().data()).decode(errors="replace").strip()
            self._notices.say(f"{self._title}: {why or 'the export ended without a word'}", "error")
        else:
            files = ", ".join(Path(file).name for file in answer.get("files", ()))
            notes = " ".join(str(note) for note in answer.get("notes", ()))
            self._notices.say(f"Exported to {files}. {notes}".strip(), "warning" if notes else "good")
        self._folder.cleanup()
        self.deleteLater()


def _answer(data: bytes) -> dict[str, Any]:
    try:
        found = json.loads(data or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
