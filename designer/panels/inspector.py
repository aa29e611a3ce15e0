"""The inspector: the selected nodes' declared fields as a form, their figures, or the model's recipe."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QStackedLayout, QWidget

from designer.panels.model_page import ModelPage
from designer.panels.node_page import NodePage
from designer.selection import Names
from engine.model import Model
from engine.report import Report


class Inspector(QWidget):
    """Two pages: the model's where nothing is selected, else that of the selected nodes."""

    edited = Signal(str, object)
    selected = Signal(object)
    """The node that was selected has another name."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = Model()
        self._report = Report()
        self._names: Names = ()
        self.model_page = ModelPage()
        self.node_page = NodePage()
        self._stack = QStackedLayout(self)
        for page in (self.model_page, self.node_page):
            self._stack.addWidget(_scrolled(page))
            page.edited.connect(self.edited)
        self.node_page.selected.connect(self.selected)

    def display(self, model: Model, report: Report) -> None:
        """Show the fields and figures of `model`."""
        self._model, self._report = model, report
        self._refresh()

    def select(self, names: Names) -> None:
        """Show these nodes."""
        self._names = names
        self._refresh()

    def rename(self) -> None:
        """Put the cursor into the name."""
        page = self.node_page if self._stack.currentIndex() else self.model_page
        page.name.setFocus()
        page.name.selectAll()

    def explain(self) -> None:
        """Show the help of the selected layer."""
        if self._stack.currentIndex():
            self.node_page.explain()

    def _refresh(self) -> None:
        names = tuple(name for name in self._names if name in self._model.network)
        self._stack.setCurrentIndex(int(bool(names)))
        if names:
            self.node_page.display(self._model, self._report, names)
        else:
            self.model_page.display(self._model, self._report)


def _scrolled(page: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidget(page)
    return area
