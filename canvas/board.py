"""What the canvas shows at this moment: the picture, its look, what is selected and what the mouse is over."""

from __future__ import annotations

from dataclasses import dataclass, field

from canvas.geometry import Port
from canvas.picture import Picture, WireKey
from canvas.style import Style


@dataclass
class Board:
    """Shared by all that paint and all that acts; the canvas alone changes it."""

    look: Style
    picture: Picture = field(default_factory=Picture)
    selected: dict[str, None] = field(default_factory=dict)
    """Names of selected nodes in the order in which they were chosen."""
    wire: WireKey | None = None
    """The selected wire."""
    hovered: WireKey | None = None
    """The wire under the mouse, or the one that a held node would be put into."""
    port: tuple[str, Port] | None = None
    """The port under the mouse."""
