"""The minimap: the whole drawing in a corner, which is also the scroll bar."""

from __future__ import annotations

from PySide6.QtCore import QMargins, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from canvas.board import Board
from canvas.paper import Paper
from canvas.style import faded

SIZE = QSize(128, 108)
INSET, PADDING = 12, 8
SMALLEST = 2.0
"""Pixels that a box has at least."""


class Minimap(QWidget):
    """All boxes in their colours and what of them is seen; a click or drag goes there."""

    def __init__(self, paper: Paper, board: Board) -> None:
        super().__init__(paper)
        self._paper = paper
        self._board = board
        self._drawn = QPixmap()
        self._drawn_for: tuple[object, ...] = ()
        self._bounds = QRectF()
        self.resize(SIZE)
        self.setAccessibleName("Minimap")
        self.setToolTip("The whole drawing: click or drag to go there")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        paper.seen.connect(self.update)
        paper.zoomed.connect(self.update)

    def keep_to_corner(self) -> None:
        """Stand in the lower right corner of the paper."""
        self.move(self._paper.width() - self.width() - INSET, self._paper.height() - self.height() - INSET)

    def paintEvent(self, event: QPaintEvent) -> None:
        look = self._board.look
        key = (self._board.picture.version, look, self.devicePixelRatioF())
        if key != self._drawn_for:
            self._drawn_for = key
            self._draw()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._drawn)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(self.rect().adjusted(2, 2, -2, -2))
        painter.setPen(QPen(look.accent, 1))
        painter.setBrush(faded(look.accent, 0.08))
        seen = self._paper.visible
        painter.drawRoundedRect(QRectF(self._to_map(seen.topLeft()), self._to_map(seen.bottomRight())), 2, 2)
        painter.end()

    def _draw(self) -> None:
        look, ratio = self._board.look, self.devicePixelRatioF()
        self._bounds = self._board.picture.bounds()
        self._drawn = QPixmap(self.size() * ratio)
        self._drawn.setDevicePixelRatio(ratio)
        self._drawn.fill(Qt.GlobalColor.transparent)
        painter = QPainter(self._drawn)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(look.line, 1))
        painter.setBrush(faded(look.panel, 0.92))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        scale = self._scale()
        for box in self._board.picture.boxes.values():
            at = self._to_map(QPointF(box.spot.x, box.spot.y))
            size = max(box.rect.width() * scale, SMALLEST), max(box.height * scale, SMALLEST)
            painter.fillRect(QRectF(at.x(), at.y(), *size), look.family(box.node.layer.FAMILY))
        painter.end()

    def _scale(self) -> float:
        inner = self.size().shrunkBy(QMargins(PADDING, PADDING, PADDING, PADDING))
        wide, high = max(self._bounds.width(), 1.0), max(self._bounds.height(), 1.0)
        return min(inner.width() / wide, inner.height() / high, 0.12)

    def _to_map(self, at: QPointF) -> QPointF:
        return (at - self._bounds.center()) * self._scale() + QRectF(self.rect()).center()

    def _go(self, event: QMouseEvent) -> None:
        at = (event.position() - QRectF(self.rect()).center()) / self._scale() + self._bounds.center()
        self._paper.centerOn(at)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._go(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go(event)
