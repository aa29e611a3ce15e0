"""What the File menu does with the document: new, open, save, and the question about unsaved changes."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from designer import notices
from designer.desk import Desk
from designer.editors import finish_typing
from designer.notices import Notices
from engine.errors import NetwrightError
from engine.formats import FORMATS
from engine.model import Model
from engine.opening import GALLERY
from engine.schema.files import SUFFIX


class Files(QObject):
    """Opens and saves; whatever would be lost is asked about first."""

    opened = Signal()
    """Another document is open."""

    def __init__(self, desk: Desk, said: Notices, window: QWidget) -> None:
        super().__init__(window)
        self._desk = desk
        self._document = desk.document
        self._settings = desk.settings
        self._notices = said
        self._window = window

    def new(self) -> None:
        """Begin with nothing."""
        if self.may_leave():
            self._document.start(Model())
            self.opened.emit()

    def open(self) -> None:
        """Ask which file to open."""
        endings = " ".join(f"*{ending}" for row in FORMATS.values() if row.reads for ending in row.extensions)
        name, _ = QFileDialog.getOpenFileName(self._window, "Open", str(self._folder()), f"Models ({endings});;All (*)")
        if name:
            self.open_source(name)

    def open_source(self, source: str) -> bool:
        """Open a file, a run's folder or `gallery:NAME`; whether that went well."""
        if not self.may_leave():
            return False
        try:
            notes = self._document.open(source)
        except NetwrightError as error:
            self._settings.forget(Path(source))
            self._notices.complain(error)
            return False
        if self._document.path is not None:
            self._settings.remember(self._document.path.absolute())
        for note in notes:
            self._notices.say(note, "warning")
        self.opened.emit()
        return True

    def open_gallery(self, name: str) -> bool:
        """Begin with a copy of a gallery model."""
        return self.open_source(GALLERY + name)

    def save(self) -> bool:
        """Write to the document's file; asks for one where there is none. Whether it is saved."""
        finish_typing()
        path = self._document.path
        return self._write(path) if path is not None else self.save_as()

    def save_as(self) -> bool:
        """Ask for a file and write to it. Whether it is saved."""
        wanted = self._folder() / (self._document.path.name if self._document.path else self._file_name())
        name, _ = QFileDialog.getSaveFileName(self._window, "Save as", str(wanted), f"Netwright schema (*{SUFFIX})")
        if not name:
            return False
        path = Path(name)
        return self._write(path if path.suffix else path.with_suffix(SUFFIX))

    def export(self) -> None:
        """Write the model in another format, in another process."""
        from designer.export import ExportDialog

        ExportDialog(self._document, self._notices, self._window, self._desk.training.run).open()

    def may_leave(self) -> bool:
        """Whether the present document can be left: it is saved, or the user does not mind."""
        finish_typing()
        if self._document.is_saved:
            return True
        answer = notices.ask(
            self._window,
            f"Save the changes to {self._document.name}?",
            "What was changed since the last time it was saved is lost otherwise.",
            ("Save", "Discard", "Cancel"),
        )
        return self.save() if answer == "Save" else answer == "Discard"

    def _write(self, path: Path) -> bool:
        try:
            self._document.save(path)
        except NetwrightError as error:
            self._notices.complain(error)
            return False
        self._settings.remember(path.absolute())
        return True

    def _folder(self) -> Path:
        recent = next((path.parent for path in self._settings.recent if path.parent.is_dir()), Path.home())
        return self._document.path.parent if self._document.path else recent

    def _file_name(self) -> str:
        name = self._document.model.name.strip().lower().replace(" ", "_").replace("/", "_")
        return (name or "model") + SUFFIX
