"""What `make` does before anything runs: packages of the system, pinned requirements, what goes into a wheel."""

import os
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def requirements(name: str) -> dict[str, Requirement]:
    lines = (ROOT / "requirements" / name).read_text(encoding="utf-8").splitlines()
    found = [Requirement(line.partition("#")[0]) for line in lines if line.partition("#")[0].strip()]
    return {canonical(requirement.name): requirement for requirement in found}


def canonical(name: str) -> str:
    return name.lower().replace("_", "-")


def pinned_version(requirement: Requirement) -> str:
    (pin,) = requirement.specifier
    assert pin.operator == "=="
    return pin.version


# Requirements


@pytest.mark.parametrize("name", ["run.txt", "test.txt", "torch.txt", "bench.txt"])
def test_every_requirement_is_pinned_to_one_version(name: str) -> None:
    assert all(pinned_version(requirement) for requirement in requirements(name).values())


def test_every_dependency_of_the_project_is_pinned_within_its_range() -> None:
    pins = requirements("run.txt") | requirements("torch.txt")
    for dependency in map(Requirement, PROJECT["dependencies"]):
        assert dependency.specifier.contains(pinned_version(pins[canonical(dependency.name)])), dependency


def test_files_that_share_a_requirement_agree_on_its_version() -> None:
    run, torch, test = (requirements(name) for name in ("run.txt", "torch.txt", "test.txt"))
    for one, other in ((run, torch), (run, test), (torch, test)):
        assert all(one[name].specifier == other[name].specifier for name in one.keys() & other.keys())


def test_the_pinned_torch_cannot_be_a_cuda_build() -> None:
    assert pinned_version(requirements("torch.txt")["torch"]).endswith("+cpu")


# The wheel


@pytest.mark.parametrize("package", ["engine", "canvas", "designer", "resources"])
def test_every_folder_with_code_is_a_package_so_that_a_wheel_holds_it(package: str) -> None:
    folders = {file.parent for file in (ROOT / package).rglob("*.py")}
    assert folders
    assert [folder for folder in folders if not (folder / "__init__.py").exists()] == []


def test_all_data_of_others_is_named_in_the_notice() -> None:
    data = {entry.name for entry in (ROOT / "resources" / "data").iterdir()} - {"SOURCES.md"}
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8").splitlines()
    assert data == {line for line in notice[1:] if line and not line.startswith(" ")}


# Packages of the system

COMMANDS = {
    "uname": "echo Linux",
    "id": "echo $FAKE_ID",
    "sudo": '[ $FAKE_SUDO = yes ] || exit 1; [ $1 = -n ] && exit 0; exec "$@"',
    "apt-get": 'echo "$@" >>"$CALLS"',
    "find": "echo /usr/share/fonts/some.ttf",
    "ldconfig": 'cat "$LIBRARIES"',
}


@pytest.fixture
def machine(tmp_path: Path) -> dict[str, str]:
    """The environment of a Linux without any of the libraries, whose apt-get only notes what it is asked."""
    commands = tmp_path / "bin"
    commands.mkdir()
    for name, script in COMMANDS.items():
        (commands / name).write_text(f"#!/bin/sh\n{script}\n")
        (commands / name).chmod(0o755)
    for name in ("calls", "libraries"):
        (tmp_path / name).touch()
    return {
        "PATH": f"{commands}:/usr/bin:/bin",
        "CALLS": str(tmp_path / "calls"),
        "LIBRARIES": str(tmp_path / "libraries"),
        "FAKE_ID": "0",
        "FAKE_SUDO": "no",
    }


def run(script: str, *arguments: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ROOT / ".ci" / script, *arguments], env=env, cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(("user", "sudo"), [("0", "no"), ("1000", "yes")])
def test_missing_libraries_are_installed_as_root_or_with_sudo(machine: dict[str, str], user: str, sudo: str) -> None:
    done = run("system-packages", env=machine | {"FAKE_ID": user, "FAKE_SUDO": sudo})
    assert done.returncode == 0, done.stderr
    update, install = Path(machine["CALLS"]).read_text().splitlines()
    assert update == "update"
    assert {"libgomp1", "libegl1", "libxcb-cursor0", "libxkbcommon0"} <= set(install.split())


def test_only_what_is_missing_is_installed(machine: dict[str, str]) -> None:
    Path(machine["LIBRARIES"]).write_text("\tlibgomp.so.1 (libc6,x86-64) => /usr/lib/libgomp.so.1\n")
    run("system-packages", env=machine)
    packages = Path(machine["CALLS"]).read_text().split()
    assert "libgomp1" not in packages
    assert "libquadmath0" in packages


def test_without_the_right_to_install_the_line_to_type_is_printed_and_make_stops(machine: dict[str, str]) -> None:
    done = run("system-packages", env=machine | {"FAKE_ID": "1000"})
    assert done.returncode == 1
    assert "sudo sh -c 'apt-get update && apt-get install -y --no-install-recommends" in done.stderr
    assert "libegl1" in done.stderr
    assert Path(machine["CALLS"]).read_text() == ""


def test_apt_is_left_alone_where_every_library_is_there(machine: dict[str, str]) -> None:
    text = (ROOT / ".ci" / "system-packages").read_text()
    names = [word for word in text.split() if ".so." in word]
    Path(machine["LIBRARIES"]).write_text("".join(f"\t{name} (libc6,x86-64) => /usr/lib/{name}\n" for name in names))
    done = run("system-packages", env=machine | {"FAKE_ID": "1000"})
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


# torch


def pip_that(tmp_path: Path, says: str, status: int) -> str:
    pip = tmp_path / "pip"
    pip.write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/asked\necho "{says}" >&2\nexit {status}\n')
    pip.chmod(0o755)
    return str(pip)


def test_torch_is_installed_without_a_resolver_that_could_choose_cuda(tmp_path: Path) -> None:
    assert run("torch", pip_that(tmp_path, "", 0), "cpu", env=dict(os.environ)).returncode == 0
    assert (tmp_path / "asked").read_text() == "install --no-deps -r requirements/torch.txt\n"


def test_where_no_cpu_build_of_torch_is_found_the_set_up_goes_on_and_says_so(tmp_path: Path) -> None:
    pip = pip_that(tmp_path, "ERROR: No matching distribution found for torch==2.13.0+cpu", 1)
    done = run("torch", pip, "cpu", env=dict(os.environ))
    assert done.returncode == 0
    assert "Netwright will train with MXNet" in done.stdout


def test_any_other_failure_to_install_torch_stops_the_set_up(tmp_path: Path) -> None:
    done = run("torch", pip_that(tmp_path, "ERROR: no space left on device", 1), "cpu", env=dict(os.environ))
    assert done.returncode == 1
    assert "no space left" in done.stderr


def test_another_build_of_torch_can_be_chosen_or_none(tmp_path: Path) -> None:
    pip = pip_that(tmp_path, "", 0)
    assert run("torch", pip, "none", env=dict(os.environ)).returncode == 0
    assert run("torch", pip, "torch==2.13.0 --no-cache-dir", env=dict(os.environ)).returncode == 0
    assert (tmp_path / "asked").read_text() == "install torch==2.13.0 --no-cache-dir\n"
