"""The inspector's page when nothing is selected: the model's name, its recipe, its figures."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QLineEdit, QVBoxLayout, QWidget

from designer import figures
from designer.form import Form
from designer.panels.facts import Facts, rule
from engine.model import Model
from engine.report import Report
from engine.training.recipe import Recipe


class ModelPage(QWidget):
    """Name, figures and recipe of the whole model."""

    edited = Signal(str, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = Model()
        self.name = QLineEdit()
        self.name.setProperty("role", "title")
        self.name.setPlaceholderText("Name of the model")
        self.name.setAccessibleName("Name of the model")
        self.facts = Facts()
        self.form = Form(Recipe)
        heading = QLabel("Recipe")
        heading.setProperty("role", "heading")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 16)
        layout.setSpacing(8)
        for widget in (self.name, self.facts, rule(), heading, self.form):
            layout.addWidget(widget)
        layout.addStretch(1)
        self.name.editingFinished.connect(self._rename)
        self.form.edited.connect(self._change)

    def display(self, model: Model, report: Report) -> None:
        """Show the model as a whole."""
        if self._model.name != model.name or not self.name.isModified():
            self.name.setText(model.name)
        self._model = model
        self.form.display(model.recipe)
        self.facts.display(
            (
                ("Nodes", figures.count(len(model.network.nodes))),
                ("Parameters", figures.count(report.params)),
                ("Multiply-adds", figures.short(report.macs)),
                ("Activations", f"{figures.size(report.memory)} / sample"),
            )
        )

    def _rename(self) -> None:
        if self.name.text() != self._model.name:
            self.edited.emit("Rename the model", replace(self._model, name=self.name.text()))

    def _change(self, what: str, recipe: Recipe) -> None:
        self.edited.emit(f"Change the recipe's {what}", replace(self._model, recipe=recipe))
