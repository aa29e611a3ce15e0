"""Paints the wires: curves while they can be followed, one path of lines from afar."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from canvas.board import Board
from canvas.picture import Wire
from canvas.sheet import BLOCKS, Sheet
from canvas.style import faded

THICKNESS = 2.0


class WireSheet(Sheet):
    """All wires, those that are selected or hovered over on top."""

    def __init__(self, board: Board) -> None:
        super().__init__(board)
        self._lines = QPainterPath()
        self._version = -1

    def draw(self, painter: QPainter, exposed: QRectF, zoom: float) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if zoom < BLOCKS:
            self._draw_lines(painter)
        else:
            self._draw_curves(painter, exposed)
        for key, colour in ((self.board.wire, self.board.look.accent), (self.board.hovered, self.board.look.text)):
            if key in self.board.picture.wires:
                self._draw_wire(painter, self.board.picture.wires[key], pen(colour, THICKNESS + 0.5))

    def _draw_curves(self, painter: QPainter, exposed: QRectF) -> None:
        look = self.board.look
        alive, idle = pen(look.wire), pen(faded(look.wire, 0.5), style=Qt.PenStyle.DashLine)
        painter.setPen(alive)
        for wire in self.board.picture.wires_near(exposed):
            if wire.is_idle:
                self._draw_wire(painter, wire, idle)
                painter.setPen(alive)
            else:
                painter.drawPath(wire.path)
            for point in wire.points:
                self._draw_point(painter, point)

    def _draw_wire(self, painter: QPainter, wire: Wire, pen: QPen) -> None:
        painter.setPen(pen)
        painter.drawPath(wire.path)

    def _draw_point(self, painter: QPainter, point: QPointF) -> None:
        painter.setBrush(self.board.look.wire)
        painter.drawEllipse(point, 1.5, 1.5)
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _draw_lines(self, painter: QPainter) -> None:
        picture = self.board.picture
        if self._version != picture.version:
            self._version = picture.version
            self._lines = QPainterPath()
            for wire in picture.wires.values():
                self._lines.moveTo(wire.start)
                for point in (*wire.points, wire.end):
                    self._lines.lineTo(point)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(QPen(self.board.look.faint, 0))
        painter.drawPath(self._lines)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)


def pen(colour: QColor, width: float = THICKNESS, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> QPen:
    """A pen for wires."""
    return QPen(colour, width, style, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
