"""`netwright devices`: what can be trained on here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.cli.answers import Answer

if TYPE_CHECKING:
    from rich.console import Console


def command() -> Answer:
    """What can be trained on here: every device of every engine that is installed."""
    from engine.backends import available, backend

    engines = [backend(name) for name in available()]
    devices = [
        {"name": device, "engine": engine.name, "versions": dict(engine.versions())}
        for engine in engines
        for device in engine.devices()
    ]

    def show(console: Console) -> None:
        from rich.table import Table

        table = Table("Device", "Engine", "Version")
        for engine in engines:
            for device in engine.devices():
                table.add_row(device, engine.name, ", ".join(f"{k} {v}" for k, v in engine.versions().items()))
        console.print(table)

    return Answer({"devices": devices}, show)
