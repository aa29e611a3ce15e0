"""Paints the nodes: whole boxes near by, titles from some distance, coloured blocks from afar."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from canvas.board import Board
from canvas.geometry import WIDTH
from canvas.picture import Box
from canvas.sheet import BLOCKS, TITLES, Sheet
from canvas.stamps import MARGIN, OPACITY, Stamps
from canvas.style import SECONDARY, SMALL, TEXT, faded, font
from canvas.texts import LEFT, RIGHT, Texts, label_width, texts_of, title_text

RANK = ("error", "warning", "suggestion")


class NodeSheet(Sheet):
    """All nodes, with their ports, the shapes that leave them and their problems."""

    def __init__(self, board: Board) -> None:
        super().__init__(board)
        self._stamps = Stamps()
        self._troubled: list[Box] = []
        self._version = -1

    def draw(self, painter: QPainter, exposed: QRectF, zoom: float) -> None:
        if zoom < BLOCKS:
            self._draw_blocks(painter, zoom)
            return
        device = painter.device()
        self._stamps.begin(self.board.look, zoom, device.devicePixelRatio() if device is not None else 1.0)
        boxes = self._stacked(exposed)
        if zoom >= TITLES:
            for box in boxes:
                self._draw_box(painter, box)
                if box.problems:
                    self._draw_badge(painter, box)
        else:
            self._draw_titles(painter, boxes)
            for box in boxes:
                if box.problems:
                    self._draw_badge(painter, box)

    def _stacked(self, exposed: QRectF) -> list[Box]:
        """The boxes to be painted, those that are selected on top."""
        near = [*self.board.picture.boxes_near(exposed)]
        selected = self.board.selected
        if selected:
            near.sort(key=lambda box: box.name in selected)
        return near

    def _draw_box(self, painter: QPainter, box: Box) -> None:
        view = painter.worldTransform()
        corner = view.map(QPointF(box.spot.x - MARGIN, box.spot.y - MARGIN))
        painter.resetTransform()
        painter.drawPixmap(round(corner.x()), round(corner.y()), self._stamps.of(box, box.name in self.board.selected))
        painter.setWorldTransform(view)
        texts = box.texts
        if not isinstance(texts, Texts):
            texts = box.texts = texts_of(box.node, box.report.outputs)
        if box.node.state == "active":
            self._draw_words(painter, box, texts)
        else:
            painter.setOpacity(OPACITY[box.node.state])
            self._draw_words(painter, box, texts)
            painter.setOpacity(1.0)

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
        if texts.labels:
            self._draw_labels(painter, box, texts)

    def _draw_labels(self, painter: QPainter, box: Box, texts: Texts) -> None:
        """The shapes beside the ports they leave from, on the side that the wires leave free."""
        painter.setPen(self.board.look.wire)
        painter.setFont(font(SMALL, mono=True))
        for port, text, left in zip(box.outputs, texts.labels, self.board.picture.lefts(box), strict=False):
            if text:
                at, width = box.at(port), label_width(text)
                x = at.x() - 12 - width if left else at.x() + 12
                painter.fillRect(QRectF(x - 2, at.y() + 5, width + 4, 13), self.board.look.canvas)
                painter.drawText(QPointF(x, at.y() + 15), text)

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

    def _draw_titles(self, painter: QPainter, boxes: list[Box]) -> None:
        """Plain boxes with their names in letters that can still be read."""
        view = painter.worldTransform()
        zoom, left, top = view.m11(), view.dx(), view.dy()
        room, inset = int((WIDTH - 32) * zoom), 22 * zoom
        painter.resetTransform()
        painter.setPen(self.board.look.text)
        painter.setFont(font(SMALL))
        for box in boxes:
            x, y, height = round(box.spot.x * zoom + left), round(box.spot.y * zoom + top), box.height
            selected, state = box.name in self.board.selected, box.node.state
            if state != "active":
                painter.setOpacity(OPACITY[state])
            painter.drawPixmap(x, y, self._stamps.title(box.node.layer.FAMILY, selected, height))
            painter.drawText(QPointF(x + inset, y + height / 2 * zoom + 4), title_text(box.name, room, SMALL))
            if state != "active":
                painter.setOpacity(1.0)
        painter.setWorldTransform(view)

    def _draw_blocks(self, painter: QPainter, zoom: float) -> None:
        picture, look = self.board.picture, self.board.look
        if self._version != picture.version:
            self._version = picture.version
            self._troubled = picture.troubled()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(Qt.PenStyle.NoPen)
        for (family, active), rects in picture.blocks().items():
            painter.setBrush(look.family(family) if active else faded(look.family(family), 0.4))
            painter.drawRects(rects)
        self._outline(painter, [picture.boxes[n] for n in self.board.selected if n in picture.boxes], look.accent, zoom)
        self._outline(painter, self._troubled, look.error, zoom)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)

    def _outline(self, painter: QPainter, boxes: list[Box], colour: QColor, zoom: float) -> None:
        if boxes:
            painter.setPen(QPen(colour, 2 / zoom))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRects([box.rect for box in boxes])
