"""The document: the current model, its report, its file, and everything that can be undone."""

from __future__ import annotations

import time
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from designer.sameness import settled
from engine.model import Model
from engine.opening import open_model
from engine.relocation import relocated
from engine.report import Report, report_of
from engine.schema.files import save

TYPING = 1.5
"""Seconds within which the next edit of the same step belongs to the last one."""


class Document(QObject):
    """Holds one model. Every view offers edits to it and displays what it says."""

    changed = Signal(object, object)
    """Another model is current: (model, report)."""
    titled = Signal()
    """Its name, its file or whether it is saved is another."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.model = Model()
        self.report: Report = report_of(self.model)
        self.path: Path | None = None
        self._base: Path | None = None
        self.history = QUndoStack(self)
        self.history.cleanChanged.connect(self.titled)

    @property
    def name(self) -> str:
        """What the tab and the window's title say."""
        return self.path.name if self.path else (self.model.name or "untitled")

    @property
    def base(self) -> Path:
        """The folder that the model's paths are relative to."""
        return self.path.parent if self.path else self._base or Path.home()

    @property
    def is_saved(self) -> bool:
        """Whether the file holds what is drawn; a new document has nothing to lose."""
        return self.history.isClean()

    def edit(self, step: str, model: Model, *, merges: bool = False) -> None:
        """Make `model` current as one undo step; while `merges`, quick repetitions of one step become one."""
        model = settled(self.model, model)
        if model is not self.model:
            self.history.push(Edit(self, step, model, merges))

    def start(self, model: Model, path: Path | None = None, *, base: Path | None = None, saved: bool = True) -> None:
        """Begin anew with `model`, which `path` holds; not `saved` where it was rescued."""
        self.path = path
        self._base = base
        self.history.clear()
        if not saved:
            self.history.resetClean()
        self._display(model)
        self.titled.emit()

    def open(self, source: str | Path) -> tuple[str, ...]:
        """Begin anew with whatever `source` names; says what could not be carried over. Raises NetwrightError.

        Only a schema file is written back to: models of the gallery, of runs and of other formats are copies.
        """
        opened = open_model(source)
        is_file = opened.format == "netwright" and Path(source).expanduser().is_file()
        self.start(opened.model, opened.path if is_file else None, base=opened.base)
        return tuple(map(str, opened.notes))

    def save(self, path: Path) -> None:
        """Write the model to `path`, which is its file from now on. Raises NetwrightError.

        Paths in it are relative to its file: in another folder they are others, which is a step of its own.
        """
        model = relocated(self.model, self.base, path.parent)
        save(model, path)
        self.edit("Save in another folder", model)
        self.path = path
        self.history.setClean()
        self.titled.emit()

    def _display(self, model: Model) -> None:
        self.model = model
        self.report = report_of(model)
        self.changed.emit(model, self.report)


class Edit(QUndoCommand):
    """The one undo command: the model before and the model after."""

    def __init__(self, document: Document, step: str, model: Model, merges: bool) -> None:
        super().__init__(step)
        self._document = document
        self._before = document.model
        self._after = model
        self._merges = merges
        self._time = time.monotonic()

    def id(self) -> int:
        return 1 if self._merges else -1

    def redo(self) -> None:
        self._document._display(self._after)

    def undo(self) -> None:
        self._document._display(self._before)

    def mergeWith(self, other: QUndoCommand) -> bool:
        """Takes over what a following edit leads to; `self` keeps where it all began."""
        if not isinstance(other, Edit) or other.text() != self.text() or other._time - self._time > TYPING:
            return False
        self._after = other._after
        self._time = other._time
        self.setObsolete(self._after == self._before)
        return True
