"""The theme that is in use: as preferred, or as the desktop has it at this moment."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QApplication

from designer import theme
from designer.preferences import Settings


class Appearance(QObject):
    """Dresses the application and tells those who paint for themselves."""

    changed = Signal(object)
    """Another theme is worn."""

    def __init__(self, settings: Settings, application: QApplication) -> None:
        super().__init__()
        self._application = application
        self._settings = settings
        hints = application.styleHints()
        self._scheme = hints.colorScheme()
        self.theme = theme.wanted(settings.preferences.theme, self._scheme)
        self._dress()
        settings.changed.connect(self.refresh)
        hints.colorSchemeChanged.connect(self._follow)

    def refresh(self) -> None:
        """Wear what is wanted now."""
        chosen = theme.wanted(self._settings.preferences.theme, self._scheme)
        if chosen is not self.theme:
            self.theme = chosen
            self._dress()
            self.changed.emit(chosen)

    def _follow(self, scheme: Qt.ColorScheme) -> None:
        self._scheme = scheme
        self.refresh()

    def _dress(self) -> None:
        theme.apply(self._application, self.theme)
