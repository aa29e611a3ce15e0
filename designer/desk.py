"""What every part of the window works on: the document, the selection, the settings and the theme."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from designer.appearance import Appearance
from designer.document import Document
from designer.preferences import Settings
from designer.selection import Selection

if TYPE_CHECKING:
    from designer.training import Training


@dataclass(frozen=True)
class Desk:
    """Handed to whoever builds a panel; panels get only what they need of it."""

    document: Document
    selection: Selection
    settings: Settings
    appearance: Appearance

    @cached_property
    def training(self) -> Training:
        """The training that is shown; loaded when first asked for, as it needs numpy."""
        from designer.runs_client import RunClient
        from designer.training import Training

        return Training(self.document, self.settings, RunClient(self.document), self.document)
