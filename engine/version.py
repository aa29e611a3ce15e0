"""Which version of Netwright this is."""

from __future__ import annotations

from pathlib import Path


def version() -> str:
    """The version of the working copy this module lies in, or of the installed package."""
    project = Path(__file__).parent.parent / "pyproject.toml"
    if project.exists():
        import tomllib

        return str(tomllib.loads(project.read_text("utf-8"))["project"]["version"])
    from importlib.metadata import version as installed

    return installed("netwright")
