"""Everything on a box but its words, painted once for all boxes that look alike at a zoom, then put down as a stamp."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap, QPolygonF

from canvas.geometry import CORNER, FOLDED, HEIGHT, PORT, WIDTH, Port
from canvas.icons import SIZE, picture
from canvas.picture import Box
from canvas.style import Style

MARGIN = 10.0
RING = 3.0
OPACITY = {"active": 1.0, "muted": 0.5, "bypassed": 0.6}


class Kind(NamedTuple):
    """What boxes have in common that look alike but for their words."""

    family: str
    state: str
    selected: bool
    collapsed: bool
    ports: tuple[Port, ...]
    indices: tuple[bool, ...]
    """Of each port, whether indices flow there and not numbers."""


def kind_of(box: Box, selected: bool) -> Kind:
    """How a box looks."""
    node = box.node
    return Kind(node.layer.FAMILY, node.state, selected, box.spot.collapsed, box.ports, box.indices)


class Stamps:
    """The stamps of one look and zoom; another one begins anew."""

    def __init__(self) -> None:
        self._for: tuple[object, ...] = ()
        self._made: dict[object, QPixmap] = {}

    def begin(self, look: Style, zoom: float, ratio: float) -> None:
        """All that follows is for this look and zoom, on a screen with `ratio` device pixels for each."""
        if self._for != (look, zoom, ratio):
            self._for = (look, zoom, ratio)
            self._made = {}
            self._look, self._zoom, self._ratio = look, zoom, ratio

    def of(self, box: Box, selected: bool) -> QPixmap:
        """A whole box without its words; its upper left is `MARGIN` outside the box."""
        kind = kind_of(box, selected)
        made = self._made.get(kind)
        if made is None:
            made = self._made[kind] = self._drawn(kind)
        return made

    def title(self, family: str, selected: bool, height: float) -> QPixmap:
        """The same as seen from some distance: a plain box with the family's colour."""
        made = self._made.get((family, selected, height))
        if made is None:
            made = self._made[family, selected, height] = self._plain(family, selected, height)
        return made

    def _blank(self, width: float, height: float) -> QPixmap:
        scale = self._zoom * self._ratio
        made = QPixmap(round(width * scale), round(height * scale))
        made.setDevicePixelRatio(self._ratio)
        made.fill(Qt.GlobalColor.transparent)
        return made

    def _drawn(self, kind: Kind) -> QPixmap:
        height = FOLDED if kind.collapsed else HEIGHT
        made = self._blank(WIDTH + 2 * MARGIN, height + 2 * MARGIN)
        painter = QPainter(made)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        painter.setOpacity(OPACITY[kind.state])
        painter.scale(self._zoom, self._zoom)
        painter.translate(MARGIN, MARGIN)
        self._draw_body(painter, kind, QRectF(0, 0, WIDTH, height))
        for port, indices in zip(kind.ports, kind.indices, strict=True):
            draw_port(painter, self._look, QPointF(port.x, 0 if port.side == "in" else height), port, indices)
        painter.end()
        return made

    def _draw_body(self, painter: QPainter, kind: Kind, rect: QRectF) -> None:
        look, colour = self._look, self._look.family(kind.family)
        if kind.selected:
            painter.setPen(QPen(look.accent, 2))
            painter.drawRoundedRect(rect.adjusted(-RING, -RING, RING, RING), CORNER + 2, CORNER + 2)
        active = kind.state == "active"
        painter.setPen(QPen(look.line, 1) if active else QPen(look.faint, 1, Qt.PenStyle.DashLine))
        painter.setBrush(look.raised)
        painter.drawRoundedRect(rect, CORNER, CORNER)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawRoundedRect(QRectF(6, 9, 4, rect.height() - 18), 2, 2)
        icon = picture(kind.family, colour, round(SIZE * self._zoom * self._ratio))
        painter.drawPixmap(QRectF(18, rect.height() / 2 - SIZE / 2, SIZE, SIZE), icon, QRectF(icon.rect()))

    def _plain(self, family: str, selected: bool, height: float) -> QPixmap:
        look = self._look
        made = self._blank(WIDTH, height)
        made.fill(look.raised)
        width, tall = made.width() / self._ratio, made.height() / self._ratio
        painter = QPainter(made)
        painter.setPen(QPen(look.accent, 2) if selected else QPen(look.line, 1))
        edge = 1.0 if selected else 0.5
        painter.drawRect(QRectF(edge, edge, width - 2 * edge, tall - 2 * edge))
        strip = QRectF(6 * self._zoom, 8 * self._zoom, 8 * self._zoom, (height - 16) * self._zoom)
        painter.fillRect(strip, look.family(family))
        painter.end()
        return made


def draw_port(
    painter: QPainter,
    look: Style,
    at: QPointF,
    port: Port,
    indices: bool,
    radius: float = PORT,
    colour: QColor | None = None,
) -> None:
    """One port: round where numbers flow, a diamond where indices do; a plus where one more wire may go."""
    painter.setPen(QPen(colour or (look.faint if port.optional and port.free else look.wire), 1.6))
    painter.setBrush(look.canvas)
    if port.more:
        painter.drawLine(at - QPointF(radius, 0), at + QPointF(radius, 0))
        painter.drawLine(at - QPointF(0, radius), at + QPointF(0, radius))
    elif indices:
        r = radius + 1
        painter.drawPolygon(QPolygonF([at + QPointF(x, y) for x, y in ((0, -r), (r, 0), (0, r), (-r, 0))]))
    else:
        painter.drawEllipse(at, radius, radius)


def draw_box_port(
    painter: QPainter, look: Style, box: Box, port: Port, radius: float, colour: QColor | None = None
) -> None:
    """The same where it is on a box of the drawing."""
    draw_port(painter, look, box.at(port), port, box.indices[box.ports.index(port)], radius, colour)
