"""Icons: our own drawings from resources/icons/actions, in the colours of the theme and as sharp as the screen."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

import resources
from designer.theme import Theme

SIZE = 20


def icon(name: str, theme: Theme, token: str = "text", off: str = "faint") -> QIcon:
    """The drawing `name` in the colour of a token; in that of `off` where it is disabled."""
    made = QIcon()
    for mode, colored in ((QIcon.Mode.Normal, token), (QIcon.Mode.Disabled, off)):
        made.addPixmap(picture(name, theme.color(colored)), mode)
    return made


def picture(name: str, color: QColor, size: int = SIZE, scale: float = 2.0) -> QPixmap:
    """The drawing in one colour, `size` pixels large at `scale` device pixels each."""
    text = resources.path("icons", "actions", f"{name}.svg").read_text("utf-8").replace("currentColor", color.name())
    made = QPixmap(QSize(round(size * scale), round(size * scale)))
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    QSvgRenderer(QByteArray(text.encode())).render(painter, QRectF(made.rect()))
    painter.end()
    made.setDevicePixelRatio(scale)
    return made
