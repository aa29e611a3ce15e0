"""Which comment belongs to what: the nearest record around it that can hold one, else the file's head or tail."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from engine.schema.document import Document
from engine.schema.plan import plan_of
from engine.schema.text import Entry, Remark, Tree

_GAP = re.compile(r"\n[ \t\r]*\n")


@dataclass
class Notes:
    """The comment blocks of a text, by the entry that they belong to."""

    head: str = ""
    tail: str = ""
    of: dict[Entry, str] = field(default_factory=dict)


def notes_of(tree: Tree) -> Notes:
    """Every comment of the text, once."""
    blocks: dict[Entry | str, list[Remark]] = {}
    for remark in tree.remarks:
        blocks.setdefault(_holder(remark.owner), []).append(remark)
    notes = Notes()
    for holder, remarks in blocks.items():
        note = _joined(tree.text, remarks)
        if isinstance(holder, Entry):
            notes.of[holder] = note
        else:
            setattr(notes, holder, note)
    return notes


def _holder(owner: Entry | None) -> Entry | str:
    """Descends from the file to `owner` through the declared records; the last one with a comment field holds it."""
    if owner is None:
        return "tail"
    path = [owner]
    while path[-1].parent is not None:
        path.append(path[-1].parent)
    holder: Entry | str = "head"
    plan = plan_of(Document)
    for entry in reversed(path):
        known = plan.known.get(entry.name)
        if known is None or known.cls is None:
            break
        plan = plan_of(known.cls)
        if plan.note:
            holder = entry
    return holder


def _joined(text: str, remarks: list[Remark]) -> str:
    """One line a comment; an empty line where the text has one between two of them."""
    lines: list[str] = []
    end = None
    for remark in remarks:
        if end is not None and _GAP.fullmatch(text, end, remark.offset):
            lines.append("")
        lines.append(remark.text.removeprefix(" ").rstrip())
        end = remark.offset + 1 + len(remark.text)
    return "\n".join(lines)
