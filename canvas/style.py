"""How the canvas looks: one colour per token of the theme, one per family of layers, and the fonts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property

from PySide6.QtGui import QColor, QFont

import resources

TEXT, SECONDARY, SMALL = 13, 12, 11
SANS = ("Inter", "Noto Sans", "DejaVu Sans", "sans-serif")
MONO = ("JetBrains Mono", "DejaVu Sans Mono", "monospace")
TOKENS = (
    "panel", "raised", "canvas", "grid", "line", "text", "secondary", "faint", "accent", "warning", "error",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Style:
    """The colours of the canvas; the tokens are those of the themes."""

    panel: QColor
    raised: QColor
    canvas: QColor
    grid: QColor
    line: QColor
    text: QColor
    secondary: QColor
    faint: QColor
    accent: QColor
    warning: QColor
    error: QColor
    families: Mapping[str, QColor]

    @classmethod
    def of(cls, tokens: Mapping[str, str], families: Mapping[str, str]) -> Style:
        """From a theme: tokens and families with colours as text (`#1b1d22`)."""
        colours = {name: QColor(tokens[name]) for name in TOKENS}
        return cls(**colours, families={name: QColor(colour) for name, colour in families.items()})

    @classmethod
    def dark(cls) -> Style:
        """The dark theme."""
        return _shipped("dark")

    @classmethod
    def light(cls) -> Style:
        """The light theme."""
        return _shipped("light")

    @cached_property
    def wire(self) -> QColor:
        """The colour of wires and ports, between what is secondary and what is faint."""
        return mixed(self.secondary, self.faint)

    def family(self, name: str) -> QColor:
        """The colour of a family of layers."""
        return self.families.get(name, self.faint)

    def severity(self, name: str) -> QColor:
        """The colour of a problem: error, warning or suggestion."""
        return {"error": self.error, "warning": self.warning}.get(name, self.accent)


@cache
def _shipped(name: str) -> Style:
    theme = json.loads(resources.path("themes", f"{name}.json").read_text("utf-8"))
    return Style.of(theme, theme["families"])


@cache
def font(size: int, bold: bool = False, mono: bool = False) -> QFont:
    """The font of `size` pixels at 100 %; unhinted, so that lines keep their proportions at every zoom."""
    made = QFont()
    made.setFamilies(list(MONO if mono else SANS))
    made.setPixelSize(size)
    made.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
    made.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return made


def faded(colour: QColor, share: float) -> QColor:
    """`colour` with `share` of its opacity."""
    paler = QColor(colour)
    paler.setAlphaF(colour.alphaF() * share)
    return paler


def mixed(a: QColor, b: QColor) -> QColor:
    """The colour between `a` and `b`."""
    return QColor((a.red() + b.red()) // 2, (a.green() + b.green()) // 2, (a.blue() + b.blue()) // 2)
