"""What ships with the program: icons, themes, the gallery of reference models, small data sets."""

from pathlib import Path


def path(*names: str) -> Path:
    """Where a shipped file or folder lies: `path("gallery", "lenet.txtpb")`."""
    return Path(__file__).parent.joinpath(*names)
