"""The rows of a layered drawing, on which the steps of the layout work."""

from __future__ import annotations

from dataclasses import dataclass, field

from canvas.geometry import WIDTH

LANE = 24.0
"""How wide the lane is that a wire takes when it passes a row."""
BESIDE_NODES, BESIDE_LANES = 32.0, 12.0


@dataclass
class Rows:
    """The layers of a drawing: rows of numbers from top to bottom; numbers from `real` on are lanes of long wires."""

    real: int
    rows: list[list[int]]
    above: list[list[int]]
    """For each number those it is wired to in the row above."""
    below: list[list[int]]
    lanes: dict[tuple[int, int, int], list[int]] = field(default_factory=dict)
    """The lanes of each long wire by its start, end and place, from top to bottom."""
    pull: dict[tuple[int, int], float] = field(default_factory=dict)
    """How far left or right of a node's middle a wire from above enters it, from -0.5 to 0.5."""

    def width(self, number: int) -> float:
        """What it takes up of its row."""
        return WIDTH if number < self.real else LANE

    def is_lane(self, number: int) -> bool:
        """Whether it is a lane of a wire, not a node."""
        return number >= self.real

    def apart(self, left: int, right: int) -> float:
        """The least distance between the middles of two neighbours in a row."""
        beside = BESIDE_LANES if self.is_lane(left) or self.is_lane(right) else BESIDE_NODES
        return (self.width(left) + self.width(right)) / 2 + beside

    def places(self) -> list[int]:
        """For each number its place in its row."""
        places = [0] * len(self.above)
        for row in self.rows:
            for place, number in enumerate(row):
                places[number] = place
        return places
