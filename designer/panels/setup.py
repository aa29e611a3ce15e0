"""How the next training is set up: engine and device as preferred, the recipe's main fields as in the model."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from designer.form import editor_of
from designer.preferences import Preferences, Settings
from designer.tone import set_tone
from designer.wording import label
from engine.declare import Field, fields_of
from engine.errors import FieldError
from engine.model import Model
from engine.training.recipe import Optimizer, Recipe, Schedule

PLACES = ("engine", "device", "epochs", "optimizer", "schedule", "batch_size")
WIDTHS = (104, 120, 72)
"""Of the columns: names of schedules are long, numbers short."""


class SetupPage(QWidget):
    """Six fields in two rows; all others stand in the inspector when nothing is selected."""

    edited = Signal(str, object)

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._model = Model()
        self._settings = settings
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(2)
        self.preferred = {name: editor_of(field_of(Preferences, name)) for name in ("engine", "device")}
        self.recipe = {name: editor_of(field_of(Recipe, name)) for name in ("epochs", "batch_size")}
        self.rules = {
            "optimizer": editor_of(field_of(Optimizer, "rule")),
            "schedule": editor_of(field_of(Schedule, "rule")),
        }
        self._refused = self._hindrance = ""
        self.words = QLabel()
        self.words.setProperty("role", "secondary")
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setWordWrap(True)
        self._place()
        self._listen()
        settings.changed.connect(lambda _: self._show_preferences())
        self._show_preferences()

    def display(self, model: Any) -> None:
        """Show the recipe of `model`."""
        self._model = model
        for name, editor in self.recipe.items():
            editor.display(getattr(model.recipe, name))
        for name, editor in self.rules.items():
            editor.display(getattr(model.recipe, name).rule)

    def hinder(self, reason: str) -> None:
        """Say why nothing can be trained as it is; empty: something can."""
        self._hindrance = f"Not ready to train – {reason}." if reason else ""
        self._say()

    def _place(self) -> None:
        editors = {**self.preferred, **self.recipe, **self.rules}
        for place, name in enumerate(PLACES):
            editor = editors[name]
            row, column = divmod(place, len(WIDTHS))
            title = QLabel(label(name))
            title.setProperty("role", "small")
            self._grid.addWidget(title, 2 * row, column)
            assert editor.head is not None
            title.setBuddy(editor.head)
            editor.head.setAccessibleName(label(name))
            editor.head.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            self._grid.addWidget(editor.head, 2 * row + 1, column)
            editor.refused.connect(self._refuse)
        self._grid.addWidget(self.words, 4, 0, 1, len(WIDTHS), Qt.AlignmentFlag.AlignTop)
        self._grid.setRowStretch(4, 1)
        for column, width in enumerate(WIDTHS):
            self._grid.setColumnStretch(column, width)

    def _listen(self) -> None:
        for name, editor in self.preferred.items():
            editor.offered.connect(lambda value, name=name: self._prefer(name, value))
        for name, editor in self.recipe.items():
            editor.offered.connect(lambda value, name=name: self._offer(name, value))
        for name, editor in self.rules.items():
            editor.offered.connect(lambda rule, name=name: self._offer_rule(name, rule))

    def _show_preferences(self) -> None:
        for name, editor in self.preferred.items():
            editor.display(getattr(self._settings.preferences, name))

    def _prefer(self, name: str, value: Any) -> None:
        try:
            self._settings.prefer(replace(self._settings.preferences, **{name: value}))
        except FieldError as error:
            self._refuse(error.message)

    def _offer(self, name: str, value: Any) -> None:
        recipe = replace(self._model.recipe, **{name: value})
        if name == "epochs" and value:
            recipe = replace(recipe, steps=0)
        self.edited.emit(f"Set the {label(name).lower()}", replace(self._model, recipe=recipe))

    def _offer_rule(self, name: str, rule: Any) -> None:
        part = replace(getattr(self._model.recipe, name), rule=rule)
        self._offer(name, part)

    def _refuse(self, sentence: str) -> None:
        self._refused = sentence
        self._say()

    def _say(self) -> None:
        set_tone(self.words, "bad" if self._refused else "")
        self.words.setText(self._refused or self._hindrance)


def field_of(cls: Any, name: str) -> Field:
    """The declared field `name` of a record class."""
    return next(field for field in fields_of(cls) if field.name == name)
