"""`netwright schema`: the grammar of schema files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.cli.answers import Answer

if TYPE_CHECKING:
    from rich.console import Console


def command() -> Answer:
    """The schema file's grammar, as a .proto by which google.protobuf reads the same files."""
    from engine.schema.proto import proto, sections

    text = proto()

    def show(console: Console) -> None:
        console.file.write(text)

    return Answer({"schema": [{"name": name, "help": told} for name, told in sections()], "proto": text}, show)
