"""A widget's tone: what the style sheet tells apart, be it good, bad or nothing of either."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget


def set_tone(widget: QWidget, tone: str) -> None:
    """Give `widget` a tone; only another one costs anything."""
    if widget.property("tone") != tone:
        widget.setProperty("tone", tone)
        widget.style().polish(widget)
