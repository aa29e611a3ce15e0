"""Paints the nodes: whole boxes near by, titles from some distance, coloured blocks from afar."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen, QPolygonF

from canvas.board import Board
from canvas.geometry import CORNER, PORT, WIDTH, Port
from canvas.icons import SIZE, picture
from canvas.picture import Box
from canvas.sheet import BLOCKS, TITLES, Sheet
from canvas.style import SECONDARY, SMALL, TEXT, Style, faded, font
from canvas.texts import LEFT, RIGHT, Texts, label_width, texts_of, title_text

RING = 3.0
OPACITY = {"active": 1.0, "muted": 0.4, "bypassed": 0.6}
RANK = ("error", "warning", "suggestion")


class NodeSheet(Sheet):
    """All nodes, with their ports, the shapes that leave them and their problems."""

    def __init__(self, board: Board) -> None:
        super().__init__(board)
        self._blocks: dict[tuple[str, bool], list[QRectF]] = {}
        self._version = -1

    def draw(self, painter: QPainter, exposed: QRectF, zoom: float) -> None:
        if zoom < BLOCKS:
            self._draw_blocks(painter, zoom)
            return
        draw: Callable[[QPainter, Box, float], None] = self._draw_box if zoom >= TITLES else self._draw_title
        for box in self._stacked(exposed):
            state = box.node.state
            if state != "active":
                painter.setOpacity(OPACITY[state])
                draw(painter, box, zoom)
                painter.setOpacity(1.0)
            else:
                draw(painter, box, zoom)
            if box.problems:
                self._draw_badge(painter, box)

    def _stacked(self, exposed: QRectF) -> list[Box]:
        """The boxes to be painted, those that are selected on top."""
        near = [*self.board.picture.boxes_near(exposed)]
        selected = self.board.selected
        if selected:
            near.sort(key=lambda box: box.name in selected)
        return near

    def _draw_box(self, painter: QPainter, box: Box, zoom: float) -> None:
        look = self.board.look
        texts = box.texts
        if not isinstance(texts, Texts):
            texts = box.texts = texts_of(box.node, box.report.outputs)
        self._draw_body(painter, box)
        x, y, height = box.spot.x, box.spot.y, box.height
        colour = look.family(box.node.layer.FAMILY)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawRoundedRect(QRectF(x + 6, y + 9, 4, height - 18), 2, 2)
        device = painter.device()
        icon = picture(box.node.layer.FAMILY, colour, round(SIZE * zoom * (device.devicePixelRatio() if device else 1)))
        painter.drawPixmap(QRectF(x + 18, y + height / 2 - 8, SIZE, SIZE), icon, QRectF(icon.rect()))
        self._draw_words(painter, box, texts)
        self._draw_labels(painter, box, texts)
        for port in box.ports:
            draw_port(painter, look, box, port)

    def _draw_body(self, painter: QPainter, box: Box) -> None:
        look = self.board.look
        if box.name in self.board.selected:
            painter.setPen(QPen(look.accent, 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box.rect.adjusted(-RING, -RING, RING, RING), CORNER + 2, CORNER + 2)
        active = box.node.state == "active"
        painter.setPen(QPen(look.line, 1) if active else QPen(look.faint, 1, Qt.PenStyle.DashLine))
        painter.setBrush(look.raised)
        painter.drawRoundedRect(box.rect, CORNER, CORNER)

    def _draw_words(self, painter: QPainter, box: Box, texts: Texts) -> None:
        look = self.board.look
        x, y = box.spot.x, box.spot.y
        painter.setPen(look.text)
        painter.setFont(font(TEXT, bold=True))
        painter.drawText(QPointF(x + LEFT, y + 19), texts.name)
        painter.setPen(look.secondary)
        if not box.spot.collapsed:
            painter.setFont(font(SECONDARY))
            painter.drawText(QPointF(x + LEFT, y + 35), texts.layer)
        if texts.brief:
            painter.setFont(font(SECONDARY, mono=True))
            painter.drawText(QPointF(x + WIDTH - RIGHT - texts.brief_width, y + box.height / 2 + 4.5), texts.brief)

    def _draw_labels(self, painter: QPainter, box: Box, texts: Texts) -> None:
        """The shapes beside the ports they leave from, on the side that the wires leave free."""
        painter.setPen(self.board.look.wire)
        painter.setFont(font(SMALL, mono=True))
        for port, text in zip(box.outputs, texts.labels, strict=False):
            if text:
                at, width = box.at(port), label_width(text)
                left = at.x() - 12 - width if self.board.picture.label_is_left(box, port) else at.x() + 12
                painter.fillRect(QRectF(left - 2, at.y() + 5, width + 4, 13), self.board.look.canvas)
                painter.drawText(QPointF(left, at.y() + 15), text)

    def _draw_badge(self, painter: QPainter, box: Box) -> None:
        worst = min((problem.severity for problem in box.problems), key=RANK.index)
        middle = QPointF(box.spot.x + WIDTH - 4, box.spot.y + 2)
        painter.setPen(QPen(self.board.look.canvas, 2))
        painter.setBrush(self.board.look.severity(worst))
        if worst == "suggestion":
            painter.drawEllipse(middle, 5, 5)
            return
        painter.drawEllipse(middle, 9, 9)
        painter.setPen(self.board.look.canvas)
        painter.setFont(font(SECONDARY, bold=True))
        painter.drawText(QRectF(middle.x() - 9, middle.y() - 9, 18, 18), Qt.AlignmentFlag.AlignCenter, "!")

    def _draw_title(self, painter: QPainter, box: Box, zoom: float) -> None:
        look = self.board.look
        rect = box.rect
        self._draw_edge(painter, rect, look.raised, look.accent if box.name in self.board.selected else look.line, zoom)
        painter.fillRect(
            QRectF(rect.left() + 6, rect.top() + 8, 8, rect.height() - 16), look.family(box.node.layer.FAMILY)
        )
        size = round(SMALL / zoom)
        painter.setPen(look.text)
        painter.setFont(font(size))
        text = title_text(box.name, int(WIDTH - 32), size)
        painter.drawText(QPointF(rect.left() + 24, rect.center().y() + size * 0.36), text)

    def _draw_edge(self, painter: QPainter, rect: QRectF, fill: QColor, edge: QColor, zoom: float) -> None:
        painter.setPen(QPen(edge, 1 / zoom))
        painter.setBrush(fill)
        painter.drawRect(rect)

    def _draw_blocks(self, painter: QPainter, zoom: float) -> None:
        picture, look = self.board.picture, self.board.look
        if self._version != picture.version:
            self._version = picture.version
            self._blocks = {}
            for box in picture.boxes.values():
                kind = (box.node.layer.FAMILY, box.node.state == "active")
                self._blocks.setdefault(kind, []).append(box.rect)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(Qt.PenStyle.NoPen)
        for (family, active), rects in self._blocks.items():
            painter.setBrush(look.family(family) if active else faded(look.family(family), 0.4))
            painter.drawRects(rects)
        self._outline(painter, [picture.boxes[n] for n in self.board.selected if n in picture.boxes], look.accent, zoom)
        self._outline(painter, picture.troubled(), look.error, zoom)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)

    def _outline(self, painter: QPainter, boxes: list[Box], colour: QColor, zoom: float) -> None:
        if boxes:
            painter.setPen(QPen(colour, 2 / zoom))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRects([box.rect for box in boxes])


def draw_port(
    painter: QPainter, look: Style, box: Box, port: Port, radius: float = PORT, colour: QColor | None = None
) -> None:
    """One port: round where numbers flow, a diamond where indices do; a plus where one more wire may go."""
    at = box.at(port)
    painter.setPen(QPen(colour or (look.faint if port.optional and port.free else look.wire), 1.6))
    painter.setBrush(QBrush(look.canvas))
    if port.more:
        painter.drawLine(at - QPointF(radius, 0), at + QPointF(radius, 0))
        painter.drawLine(at - QPointF(0, radius), at + QPointF(0, radius))
    elif _carries_indices(box, port):
        r = radius + 1
        painter.drawPolygon(
            QPolygonF([at + QPointF(0, -r), at + QPointF(r, 0), at + QPointF(0, r), at + QPointF(-r, 0)])
        )
    else:
        painter.drawEllipse(at, radius, radius)


def _carries_indices(box: Box, port: Port) -> bool:
    if port.side == "out":
        signal = box.output(port.number)
        return signal is not None and signal.values == "index"
    return any(slot.name == port.slot and slot.values == "index" for slot in box.node.layer.SLOTS)
