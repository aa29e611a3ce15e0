"""The bar on top: menus, the tools one needs all the time, the search field, and what steers the training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QHBoxLayout, QMenu, QMenuBar, QPushButton, QToolButton, QWidget

from designer.finder import Finder
from designer.icons import icon
from designer.preferences import Preferences, Settings
from designer.theme import Theme
from engine.declare import fields_of

STEERING = ("pause", "resume", "stop")
SEARCH = 348
DEVICES = ("auto", "cpu", "cuda:0", "mps")
"""What is commonly there; any other name is written into the preferences. A missing one is said before the start."""


class Bar(QWidget):
    """One row, as high as its buttons."""

    def __init__(
        self,
        menus: QMenuBar,
        tools: Sequence[QAction],
        actions: Mapping[str, QAction],
        finder: Finder,
        settings: Settings,
        chosen: Theme,
    ) -> None:
        super().__init__()
        self.setObjectName("bar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._train = actions["train"]
        self.train = QPushButton(" Train")
        self.train.setProperty("role", "main")
        self.train.clicked.connect(self._train.trigger)
        self.chip = EngineChip(settings)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 8, 12, 8)
        layout.setSpacing(6)
        layout.addWidget(menus)
        layout.addSpacing(8)
        for action in tools:
            layout.addWidget(_tool(action))
        layout.addStretch(1)
        finder.setMinimumWidth(160)
        finder.setMaximumWidth(SEARCH)
        layout.addWidget(finder, 100)
        layout.addStretch(1)
        for widget in (self.chip, self.train):
            layout.addWidget(widget)
        for name in STEERING:
            layout.addWidget(_tool(actions[name]))
        self._train.changed.connect(self._follow)
        self.wear(chosen)
        self._follow()

    def wear(self, chosen: Theme) -> None:
        """Take the colours of a theme."""
        self.train.setIcon(icon("train", chosen, "on_accent"))
        self.train.setIconSize(QSize(14, 14))

    def _follow(self) -> None:
        self.train.setEnabled(self._train.isEnabled())
        self.train.setToolTip(self._train.toolTip())


class EngineChip(QToolButton):
    """What the next training uses; a menu to choose something else."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings
        self._choices: list[QAction] = []
        self.setProperty("role", "chip")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setToolTip("What trains, and on what: `auto` chooses by timing both engines on the network")
        menu = QMenu(self)
        for name in ("engine", "device"):
            self._offer(menu, name)
        self.setMenu(menu)
        settings.changed.connect(self.display)
        self.display(settings.preferences)

    def display(self, preferences: Preferences) -> None:
        """Show what is preferred."""
        device = "any device" if preferences.device == "auto" else preferences.device.upper()
        self.setText(f"{preferences.engine}  ·  {device}")
        for action in self._choices:
            name, value = action.data()
            action.setChecked(getattr(preferences, name) == value)

    def _offer(self, menu: QMenu, name: str) -> None:
        field = next(field for field in fields_of(Preferences) if field.name == name)
        if not menu.isEmpty():
            menu.addSeparator()
        menu.addAction(field.name.capitalize()).setEnabled(False)
        group = QActionGroup(menu)
        for value in field.choices or DEVICES:
            action = menu.addAction(value)
            action.setCheckable(True)
            action.setData((name, value))
            action.triggered.connect(lambda _, value=value: self._prefer(name, value))
            group.addAction(action)
            self._choices.append(action)

    def _prefer(self, name: str, value: Any) -> None:
        self._settings.prefer(replace(self._settings.preferences, **{name: value}))


def _tool(action: QAction) -> QToolButton:
    button = QToolButton()
    button.setProperty("role", "tool")
    button.setDefaultAction(action)
    button.setIconSize(QSize(18, 18))
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
