"""Opening a model, whatever names it: a file told by its content, `gallery:NAME`, or a run's folder."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import resources
from engine.errors import Problem, Unreadable
from engine.formats import NATIVE, SAMPLE, Format, format_of
from engine.formats.imported import Imported, Note
from engine.model import Model
from engine.schema.files import SUFFIX, load
from engine.schema.read import Place

GALLERY = "gallery:"
BUNDLED = "bundled:"
CHECKPOINTS = ("best", "last")

_OTHERS = {
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"\x93NUMPY": "a NumPy array",
    b"PK\x03\x04": "a ZIP archive",
    b"\x1f\x8b": "a gzip archive",
    b"%PDF": "a PDF document",
    b"\x89HDF": "an HDF5 file",
}


@dataclass(frozen=True)
class Opened:
    """A model, where it comes from and what is known about its text."""

    model: Model
    path: Path
    format: str = NATIVE
    weights: Path | None = None
    """The trained weights that go with it: a run's best, or those that the schema names."""
    problems: tuple[Problem, ...] = ()
    places: Mapping[str | tuple[str, str], Place] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    """What became of the parts of a file of another format."""

    @property
    def base(self) -> Path:
        """The folder that the model's paths are relative to."""
        return self.path.parent


def open_model(source: str | Path) -> Opened:
    """The model that `source` names. Raises Unreadable, or SchemaError with all its problems."""
    name = str(source)
    if name.startswith(GALLERY):
        return _open_file(gallery_path(name.removeprefix(GALLERY)))
    path = Path(name).expanduser()
    return _open_run(path) if path.is_dir() else _open_file(path)


def gallery() -> dict[str, Path]:
    """The models that ship with the program, by name."""
    return {path.stem: path for path in sorted(resources.path("gallery").glob(f"*{SUFFIX}"))}


def gallery_path(name: str) -> Path:
    """The file of a gallery model. Raises Unreadable naming those there are."""
    models = gallery()
    if name not in models:
        near = difflib.get_close_matches(name, models, n=1)
        hint = f"did you mean {GALLERY}{near[0]}?" if near else f"there are: {', '.join(models)}"
        raise Unreadable(f"there is no {name} in the gallery", hint=hint)
    return models[name]


def _open_run(folder: Path) -> Opened:
    path = folder / f"model{SUFFIX}"
    if not path.is_file():
        raise Unreadable(f"is a folder, but not a run's: there is no {path.name} in it", file=str(folder))
    files = (folder / "checkpoints" / name / "weights.safetensors" for name in CHECKPOINTS)
    trained = next((file for file in files if file.is_file()), None)
    return _open_file(path, trained)


def _open_file(path: Path, trained: Path | None = None) -> Opened:
    found = _readable(path)
    if found is not None and found.is_foreign:
        return _opened(found.module().read(path), path, found.name)
    reading = load(path)
    named = _named_weights(reading.model.weights, path.parent)
    missing = (Problem(f"there is no {named}, which the model names as its weights", "warning"),)
    return Opened(
        model=reading.model,
        path=path,
        weights=trained or named,
        problems=reading.problems if named is None or named.is_file() else (*reading.problems, *missing),
        places=reading.places,
    )


def _opened(imported: Imported, path: Path, name: str) -> Opened:
    weights = imported.beside or (path if imported.weights else None)
    return Opened(imported.model, path, name, weights, notes=imported.notes)


def _readable(path: Path) -> Format | None:
    """The format of a file; None: it is called a schema, and gets the schema reader's own words. Raises Unreadable."""
    beginning = _beginning(path)
    found = format_of(beginning)
    is_other = found is not None and not found.reads
    if is_other or (found is None and path.suffix != SUFFIX):
        raise Unreadable(_refusal(beginning, found), file=str(path), hint=f"models are {SUFFIX} files")
    return found


def _beginning(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(SAMPLE)
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror}", file=str(path)) from None


def _refusal(data: bytes, found: Format | None) -> str:
    if found is not None:
        return f"is {found.title}, which Netwright writes but does not read"
    kind = next((kind for mark, kind in _OTHERS.items() if data.startswith(mark)), "")
    if not kind:
        kind = "empty" if not data else "weights without a network" if data[8:10] == b'{"' else ""
    return f"is {kind}" if kind else "is nothing that Netwright reads"


def _named_weights(name: str, base: Path) -> Path | None:
    """The weights that a schema names, seen from its folder."""
    if not name:
        return None
    return resources.path("data", name.removeprefix(BUNDLED)) if name.startswith(BUNDLED) else base / name
