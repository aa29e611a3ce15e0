"""The look: colour tokens from resources/themes, made into Qt's palette, the style sheet and the fonts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from string import Template

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication

import resources

TEXT, SECONDARY, SMALL = 9.75, 9.0, 8.25
"""Points: 13, 12 and 11 pixels at 96 dpi, larger where the system wants larger text."""

ROLES = {
    QPalette.ColorRole.Window: "panel",
    QPalette.ColorRole.WindowText: "text",
    QPalette.ColorRole.Base: "field",
    QPalette.ColorRole.AlternateBase: "raised",
    QPalette.ColorRole.Text: "text",
    QPalette.ColorRole.Button: "raised",
    QPalette.ColorRole.ButtonText: "text",
    QPalette.ColorRole.BrightText: "error",
    QPalette.ColorRole.PlaceholderText: "faint",
    QPalette.ColorRole.Highlight: "accent",
    QPalette.ColorRole.HighlightedText: "on_accent",
    QPalette.ColorRole.Link: "accent",
    QPalette.ColorRole.LinkVisited: "accent",
    QPalette.ColorRole.ToolTipBase: "raised",
    QPalette.ColorRole.ToolTipText: "text",
    QPalette.ColorRole.Mid: "line",
    QPalette.ColorRole.Dark: "line",
    QPalette.ColorRole.Light: "raised",
}

FADED = (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText)


@dataclass(frozen=True)
class Theme:
    """The colours of one appearance by the name of their token; `families` by the family of layers."""

    name: str
    tokens: Mapping[str, str]
    families: Mapping[str, str]

    @property
    def is_dark(self) -> bool:
        return self.name == "dark"

    def color(self, token: str) -> QColor:
        """A token as Qt's colour."""
        return QColor(self.tokens[token])

    def family(self, name: str) -> QColor:
        """The colour of a family of layers; one that has none is drawn as unknown."""
        return QColor(self.families.get(name, self.families["unknown"]))


@cache
def theme(name: str) -> Theme:
    """The theme `dark` or `light`."""
    tokens = json.loads(resources.path("themes", f"{name}.json").read_text("utf-8"))
    return Theme(name, tokens, tokens.pop("families"))


def wanted(preference: str, scheme: Qt.ColorScheme) -> Theme:
    """The theme that is preferred; `system` follows the desktop's scheme, and is dark where there is none."""
    if preference != "system":
        return theme(preference)
    return theme("light" if scheme == Qt.ColorScheme.Light else "dark")


def apply(application: QApplication, chosen: Theme) -> None:
    """Give every widget the chosen look."""
    application.setPalette(palette(chosen))
    application.setStyleSheet(style_sheet(chosen))


def palette(chosen: Theme) -> QPalette:
    """Qt's palette in the theme's colours."""
    made = QPalette()
    for role, token in ROLES.items():
        made.setColor(role, chosen.color(token))
    for role in FADED:
        made.setColor(QPalette.ColorGroup.Disabled, role, chosen.color("faint"))
    return made


def style_sheet(chosen: Theme) -> str:
    """The style sheet with the theme's colours and icons in it."""
    sizes = {"text_size": f"{TEXT}pt", "secondary_size": f"{SECONDARY}pt", "small_size": f"{SMALL}pt"}
    marks = resources.path("icons", "marks", chosen.name).as_posix()
    rules = Template(resources.path("themes", "window.qss").read_text("utf-8"))
    return rules.substitute(chosen.tokens, **sizes, marks=marks, mono=mono().family())


def font(points: float = TEXT, *, bold: bool = False) -> QFont:
    """The system's font for text, with figures that line up."""
    made = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    made.setPointSizeF(points)
    made.setBold(bold)
    made.setFeature(QFont.Tag("tnum"), 1)
    return made


def mono(points: float = SECONDARY) -> QFont:
    """The system's font for shapes, values and schema text."""
    made = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    made.setStyleHint(QFont.StyleHint.Monospace)
    made.setPointSizeF(points)
    return made
