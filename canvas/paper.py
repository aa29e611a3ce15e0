"""The paper: an endless view with a grid of dots, panned, and zoomed around a point; it knows nothing of models."""

from __future__ import annotations

import math

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPixmap
from PySide6.QtWidgets import QFrame, QGraphicsScene, QGraphicsView, QWidget

from canvas.geometry import DOTS
from canvas.sheet import EVERYWHERE

LEAST, MOST, STEP = 0.001, 4.0, 1.25
MARGIN = 24.0
DOT = 2
CLOSEST_DOTS = 14.0
"""Screen pixels between dots at least; zoomed out further, every second dot is left out."""


class Paper(QGraphicsView):
    """An endless sheet seen through a window."""

    zoomed = Signal(float)
    """The zoom is another; 1.0 is 100 %."""
    seen = Signal()
    """Another part of the paper is visible."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        scene = QGraphicsScene(EVERYWHERE, self)
        scene.setItemIndexMethod(QGraphicsScene.ItemIndexMethod.NoIndex)
        self.setScene(scene)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        self._canvas, self._dots = QColor(), QColor()
        self.centerOn(0, 0)

    @property
    def zoom(self) -> float:
        """Screen pixels for each of the scene; 1.0 is 100 %."""
        return self.transform().m11()

    @property
    def visible(self) -> QRectF:
        """The part of the scene that is seen."""
        return self.mapToScene(self.viewport().rect()).boundingRect()

    def set_colours(self, canvas: QColor, dots: QColor) -> None:
        """The colours of the paper and its grid."""
        self._canvas, self._dots = canvas, dots
        self.viewport().update()

    def pan(self, by: QPoint) -> None:
        """Move the paper by screen pixels."""
        self.horizontalScrollBar().setValue(self.horizontalScrollBar().value() - by.x())
        self.verticalScrollBar().setValue(self.verticalScrollBar().value() - by.y())

    def zoom_to(self, zoom: float, around: QPoint | None = None) -> None:
        """Zoom so that the point `around` (of the viewport; the middle) stays where it is."""
        around = self.viewport().rect().center() if around is None else around
        kept = self.mapToScene(around)
        factor = min(max(zoom, LEAST), MOST) / self.zoom
        self.scale(factor, factor)
        self.pan(around - self.mapFromScene(kept))
        self.zoomed.emit(self.zoom)

    def zoom_in(self) -> None:
        """A step closer."""
        self.zoom_to(self.zoom * STEP)

    def zoom_out(self) -> None:
        """A step away."""
        self.zoom_to(self.zoom / STEP)

    def show_rect(self, rect: QRectF, least: float = LEAST) -> None:
        """Show all of `rect`, not larger than at 100 %; of what is too large at the zoom `least`, the top."""
        view = self.viewport().rect()
        room = min(
            (view.width() - 2 * MARGIN) / max(rect.width(), 1), (view.height() - 2 * MARGIN) / max(rect.height(), 1)
        )
        self.zoom_to(min(max(room, least), 1.0))
        middle = rect.center()
        if room < least:
            middle.setY(rect.top() + (view.height() / 2 - MARGIN) / least)
        self.centerOn(middle)

    def drawBackground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        rect = QRectF(rect)
        painter.fillRect(rect, self._canvas)
        step = DOTS * 2 ** max(0, math.ceil(math.log2(CLOSEST_DOTS / (DOTS * self.zoom))))
        if step <= DOTS * 8:
            self._draw_dots(painter, rect, step)

    def _draw_dots(self, painter: QPainter, rect: QRectF, step: float) -> None:
        """The grid in `rect`: one row of dots is made, and put down again and again on whole pixels."""
        view = painter.worldTransform()
        device = view.mapRect(rect).toAlignedRect()
        first = math.ceil((rect.left() - 1 / self.zoom) / step)
        row = QPixmap(device.width(), DOT)
        row.fill(self._canvas)
        marker = QPainter(row)
        for i in range(first, math.floor(rect.right() / step) + 1):
            marker.fillRect(round(view.map(QPointF(i * step, 0.0)).x()) - device.left(), 0, DOT, DOT, self._dots)
        marker.end()
        painter.resetTransform()
        for i in range(math.floor(rect.top() / step), math.floor(rect.bottom() / step) + 1):
            painter.drawPixmap(device.left(), round(view.map(QPointF(0.0, i * step)).y()), row)
        painter.setWorldTransform(view)

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        super().scrollContentsBy(dx, dy)
        self.seen.emit()
