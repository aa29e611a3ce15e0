"""What an empty canvas says: three ways to begin."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from canvas.style import Style

WAYS = (
    ("Drag a layer", "from the list on the left on to the canvas"),
    ("Double-click", "anywhere here, or press Shift+A, and type a layer’s name"),
    ("Open a network", "with Ctrl+O, from the gallery, or by dropping a file here"),
)


class EmptyState(QLabel):
    """Words in the middle of the canvas; the mouse goes through them."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setAccessibleName("Empty canvas")

    def set_look(self, look: Style) -> None:
        """The colours of the theme."""
        rows = "".join(
            f'<tr><td align="right" style="padding:6px 10px; color:{look.text.name()}"><b>{what}</b></td>'
            f'<td style="padding:6px 10px; color:{look.secondary.name()}">{how}</td></tr>'
            for what, how in WAYS
        )
        title = "An empty network. Three ways to begin:"
        heading = f'<p style="font-size:18px; margin-bottom:12px; color:{look.text.name()}">{title}</p>'
        self.setStyleSheet("background: transparent; font-size: 13px;")
        self.setText(f'{heading}<table align="center">{rows}</table>')

    def keep_to_middle(self, widget: QWidget) -> None:
        """Stand in the middle of `widget`."""
        self.adjustSize()
        self.move((widget.width() - self.width()) // 2, (widget.height() - self.height()) // 2)
