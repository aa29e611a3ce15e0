"""The wheel: all of the program and nothing else, and it works without the working copy."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("engine", "canvas", "designer", "resources")
SOURCES = ("main.py", "pyproject.toml", "README.md", "LICENSE", "NOTICE", *PACKAGES)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the wheel would install, made from a copy of the sources."""
    source, built, installed = (tmp_path_factory.mktemp(name) for name in ("source", "built", "installed"))
    for name in SOURCES:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, source / name)
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--no-build-isolation",
        "--no-deps",
        "--no-index",
        "-q",
        "-w",
        built,
        source,
    ]
    subprocess.run(build, check=True, capture_output=True, cwd=built)
    (wheel,) = built.glob("netwright-*-py3-none-any.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    return installed


def files(folder: Path) -> set[Path]:
    found = {path.relative_to(folder) for name in PACKAGES for path in (folder / name).rglob("*") if path.is_file()}
    return {path for path in found if "__pycache__" not in path.parts}


def test_the_wheel_holds_every_file_of_the_program(installed: Path) -> None:
    assert files(installed) == files(ROOT)
    assert {path.name for path in installed.iterdir() if not path.name.endswith(".dist-info")} == {"main.py", *PACKAGES}


def test_what_is_installed_works_without_the_working_copy(installed: Path, tmp_path: Path) -> None:
    start = "import sys, main; sys.exit(main.main(sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-c", start, "summary", "gallery:lenet", "--json"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout)["params"] == 431_080
