"""The paper: an endless view with a grid of dots, panned, and zoomed around a point; it knows nothing of models."""

from __future__ import annotations

import math

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QFrame, QGraphicsScene, QGraphicsView, QWidget

from canvas.geometry import DOTS
from canvas.sheet import EVERYWHERE

LEAST, MOST, STEP = 0.001, 4.0, 1.25
MARGIN = 32.0
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

    def show_rect(self, rect: QRectF) -> None:
        """Show all of `rect`, not larger than at 100 %."""
        view = self.viewport().rect()
        room = min(
            (view.width() - 2 * MARGIN) / max(rect.width(), 1), (view.height() - 2 * MARGIN) / max(rect.height(), 1)
        )
        self.zoom_to(min(max(room, LEAST), 1.0))
        self.centerOn(rect.center())

    def drawBackground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        rect = QRectF(rect)
        painter.fillRect(rect, self._canvas)
        step = DOTS * 2 ** max(0, math.ceil(math.log2(CLOSEST_DOTS / (DOTS * self.zoom))))
        if step > DOTS * 8:
            return
        painter.setPen(QPen(self._dots, 2 / self.zoom, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        left, top = math.floor(rect.left() / step), math.floor(rect.top() / step)
        row = QPolygonF([QPointF((left + i) * step, top * step) for i in range(math.ceil(rect.width() / step) + 2)])
        for _ in range(math.ceil(rect.height() / step) + 2):
            painter.drawPoints(row)
            row.translate(0, step)

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        super().scrollContentsBy(dx, dy)
        self.seen.emit()
