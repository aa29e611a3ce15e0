"""What every part of the window works on: the document, the selection, the settings and the theme."""

from __future__ import annotations

from dataclasses import dataclass

from designer.appearance import Appearance
from designer.document import Document
from designer.preferences import Settings
from designer.selection import Selection


@dataclass(frozen=True)
class Desk:
    """Handed to whoever builds a panel; panels get only what they need of it."""

    document: Document
    selection: Selection
    settings: Settings
    appearance: Appearance
