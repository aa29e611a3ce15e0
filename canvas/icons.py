"""The icons of the families: our drawings in one colour, at any size."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

import resources

SIZE = 16


def picture(family: str, colour: QColor, pixels: int) -> QPixmap:
    """The icon of a family, `pixels` device pixels wide."""
    return _picture(family, colour.rgba(), pixels)


def icon(family: str, colour: QColor) -> QIcon:
    """The icon of a family for lists and menus."""
    made = QIcon()
    for factor in (1, 2, 3):
        drawn = QPixmap(picture(family, colour, SIZE * factor))
        drawn.setDevicePixelRatio(factor)
        made.addPixmap(drawn)
    return made


@cache
def _picture(family: str, rgba: int, pixels: int) -> QPixmap:
    made = QPixmap(pixels, pixels)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    drawing = _text(family).replace("currentColor", QColor.fromRgba(rgba).name())
    QSvgRenderer(QByteArray(drawing.encode())).render(painter, QRectF(made.rect()))
    painter.end()
    return made


@cache
def _text(family: str) -> str:
    path = resources.path("icons", "families", f"{family}.svg")
    return (path if path.is_file() else path.with_name("unknown.svg")).read_text("utf-8")
