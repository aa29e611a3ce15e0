"""The page docs/formats.md: what of real files is read: `python -m engine.formats.page FOLDER > docs/formats.md`.

The folder holds one folder a format, called as the format is.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from engine.errors import NetwrightError
from engine.formats import FORMATS, Format
from engine.layers.unknown import Unknown
from engine.opening import Opened, open_model
from engine.report import report_of

HEAD = """# Files of other programs

Made by `python -m engine.formats.page FOLDER > docs/formats.md` from a folder of real files; do not edit it.

Unknown nodes stand for what the catalogue has no layer for: they are drawn, their text is kept, and they cannot be
trained. Notes say what differs (approximated) and what was left (ignored); all of them are told when a file is opened.
"""


def page(folder: Path) -> str:
    """The whole page in Markdown."""
    formats = [row for row in FORMATS.values() if row.is_foreign and (folder / row.name).is_dir()]
    return "\n".join((HEAD, *(line for row in formats for line in _format(row, folder / row.name))))


def _format(row: Format, folder: Path) -> Iterator[str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".md")
    yield f"## {row.title}\n"
    yield "| file | nodes | unknown | parameters | notes |\n| --- | --- | --- | --- | --- |"
    for path in files:
        yield f"| {path.relative_to(folder)} | {_told(path)} |"
    yield ""


def _told(path: Path) -> str:
    try:
        found = open_model(path)
        return " | ".join(_cells(found))
    except NetwrightError as error:
        return f"– | – | – | {_plain(error.message)}"


def _cells(found: Opened) -> Iterator[str]:
    nodes = found.model.network.nodes
    unknown = Counter(node.layer.type for node in nodes if isinstance(node.layer, Unknown))
    fates = Counter(note.fate for note in found.notes if note.fate in ("approximated", "ignored"))
    yield str(len(nodes))
    yield ", ".join(f"{kind} × {count}" if count > 1 else kind for kind, count in unknown.items()) or "0"
    yield f"{report_of(found.model).params:,}"
    yield ", ".join(f"{count} {fate}" for fate, count in fates.items())


def _plain(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    sys.stdout.write(page(Path(sys.argv[1])))
