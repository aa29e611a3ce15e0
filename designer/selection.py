"""Which nodes are selected: one value that canvas, inspector and text share."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from engine.network import Network

Names = tuple[str, ...]


class Selection(QObject):
    """The names of the selected nodes."""

    changed = Signal(object)
    """Other nodes are selected: their names."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.names: Names = ()

    def set(self, names: Names) -> None:
        """Select these nodes; whoever shows the selection hears of it once."""
        if names != self.names:
            self.names = names
            self.changed.emit(names)

    def keep(self, network: Network) -> None:
        """Nodes that are gone are not selected any more."""
        self.set(tuple(name for name in self.names if name in network))
