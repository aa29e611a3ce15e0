"""A sheet: one light item as large as the scene that paints everything of its kind, only where it is exposed."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from canvas.board import Board

FAR = 4_000_000.0
EVERYWHERE = QRectF(-FAR, -FAR, 2 * FAR, 2 * FAR)
TITLES, BLOCKS = 0.55, 0.28
"""Below these zooms boxes show only their titles, then only their colours."""


class Sheet(QGraphicsItem):
    """Paints one kind of thing. A thousand nodes are a thousand rectangles to paint, not a thousand items to keep."""

    def __init__(self, board: Board) -> None:
        super().__init__()
        self.board = board
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)

    def boundingRect(self) -> QRectF:
        return EVERYWHERE

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        self.draw(painter, option.exposedRect, painter.worldTransform().m11())

    def draw(self, painter: QPainter, exposed: QRectF, zoom: float) -> None:
        """Paint what lies in `exposed`, at `zoom` screen pixels for each of the scene."""
        raise NotImplementedError
