"""What holds for every verb: help, clean answers, errors as sentences, exit statuses."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from engine.cli import VERBS, main
from engine.cli.answers import Answer
from engine.errors import NetwrightError, Problem, SchemaError

ROOT = Path(__file__).parents[3]
HEAVY = ("numpy", "torch", "mxnet", "networkx", "onnx", "onnxruntime", "matplotlib", "PIL", "PySide6", "pyqtgraph")


def loaded_by(code: str) -> set[str]:
    """Which heavy modules a process has loaded after `code`."""
    check = f"import sys\n{code}\nprint(*(name for name in {HEAVY!r} if name in sys.modules), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", check], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stderr.splitlines()[-1].split())


@pytest.fixture
def verb(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[..., Any]], None]:
    """Puts a function in the place of the verb `runs`."""

    def put(command: Callable[..., Any]) -> None:
        monkeypatch.setitem(sys.modules, "engine.cli.runs", SimpleNamespace(command=command))

    return put


def test_help_names_every_verb(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    out, _ = capfd.readouterr()
    assert all(f"\n  {name} " in out for name in VERBS)


def test_help_loads_nothing_heavy_and_not_even_typer() -> None:
    assert loaded_by("from main import main; main(['--help']); assert 'typer' not in sys.modules") == set()


def test_the_help_of_a_verb_loads_nothing_heavy_either() -> None:
    verbs = [name for name in VERBS if (ROOT / "engine" / "cli" / f"{name}.py").exists()]
    assert loaded_by(f"from main import main\nfor verb in {verbs}: assert main([verb, '--help']) == 0") == set()


@pytest.mark.parametrize("name", [name for name in VERBS if (ROOT / "engine" / "cli" / f"{name}.py").exists()])
def test_every_verb_has_help_and_takes_json(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--help"]) == 0
    assert "--json" in capfd.readouterr().out


def test_a_verb_that_is_not_there_is_wrong_usage_and_the_nearest_is_named(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["trian"]) == 2
    assert "did you mean `train`?" in capfd.readouterr().err


def test_an_option_that_is_not_there_is_wrong_usage(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "--fast"]) == 2
    assert "--fast" in capfd.readouterr().err


TALKING = """
import os, sys, types
from engine.cli.answers import Answer

def command() -> Answer:
    os.write(1, b"a library talks\\n")
    sys.stdout.write("another one too\\n")
    return Answer({"runs": [float("nan"), 1.5]}, lambda console: None)

sys.modules["engine.cli.runs"] = types.SimpleNamespace(command=command)
from main import main
main(["runs", "--json"])
"""


def test_json_is_one_object_whatever_else_is_printed() -> None:
    done = subprocess.run([sys.executable, "-c", TALKING], cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == {"runs": [None, 1.5]}
    assert done.stdout.count("\n") == 1
    assert "a library talks" in done.stderr
    assert "another one too" in done.stderr


def test_without_json_the_answer_is_shown(
    verb: Callable[[Callable[..., Any]], None], capfd: pytest.CaptureFixture[str]
) -> None:
    verb(lambda: Answer({}, lambda console: console.print("shown"), status=1))
    assert main(["runs"]) == 1
    assert capfd.readouterr().out == "shown\n"


@pytest.mark.parametrize(
    ("error", "status", "sentence"),
    [
        (NetwrightError("does not fit", node="conv1", hint="make it smaller"), 1, "error: conv1: does not fit"),
        (FileNotFoundError(2, "No such file or directory", "x.npz"), 2, "error: x.npz: No such file or directory"),
    ],
)
def test_an_error_is_a_sentence_with_its_hint(
    error: Exception,
    status: int,
    sentence: str,
    verb: Callable[[Callable[..., Any]], None],
    capfd: pytest.CaptureFixture[str],
) -> None:
    def command() -> Answer:
        raise error

    verb(command)
    assert main(["runs", "--json"]) == status
    out, err = capfd.readouterr()
    assert sentence in err
    assert getattr(error, "hint", "") in err
    assert "Traceback" not in err
    assert json.loads(out)["problems"][0]["severity"] == "error"


def test_all_problems_are_told_with_their_places(
    verb: Callable[[Callable[..., Any]], None], capfd: pytest.CaptureFixture[str]
) -> None:
    problems = (Problem("one", line=3, column=7), Problem("two", node="conv1", line=9))

    def command() -> Answer:
        raise SchemaError(problems, file="net.txtpb")

    verb(command)
    assert main(["runs", "--json"]) == 1
    out, err = capfd.readouterr()
    assert "net.txtpb:3:7: one" in err
    assert "net.txtpb:9: conv1: two" in err
    assert [problem["message"] for problem in json.loads(out)["problems"]] == ["one", "two"]


def test_what_nobody_foresaw_is_kept_in_a_file_and_no_traceback_is_shown(
    verb: Callable[[Callable[..., Any]], None],
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def command() -> Answer:
        raise KeyError("gone")

    monkeypatch.setattr("platformdirs.user_log_path", lambda name: tmp_path / name)
    verb(command)
    assert main(["runs"]) == 1
    _, err = capfd.readouterr()
    assert "a mistake in Netwright, not yours" in err
    assert "Traceback" not in err
    (kept,) = (tmp_path / "netwright").iterdir()
    assert str(kept) in err.replace("\n", "")
    assert "KeyError: 'gone'" in kept.read_text()


def test_a_file_that_is_not_there_is_wrong_usage(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "nowhere.txtpb"]) == 2
    assert "nowhere.txtpb" in capfd.readouterr().err


def test_a_model_with_errors_lists_them_and_does_not_train(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "broken.txtpb"
    path.write_text('netwright: 1\nnode { name: "a" from: "b" dense { } }\nnode { name: "c" from: "d" relu { } }\n')
    assert main(["train", str(path), "--out", str(tmp_path / "runs"), "--json"]) == 1
    told = json.loads(capfd.readouterr().out)
    assert {problem["node"] for problem in told["problems"]} >= {"a", "c"}
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("verb", [("layers", "--json"), ("layers",), ("gallery",)], ids=" ".join)
def test_a_reader_that_goes_away_early_is_no_mistake(verb: tuple[str, ...]) -> None:
    command = [sys.executable, str(ROOT / "main.py"), *verb]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.close()  # before anything is written
    assert process.stderr is not None
    assert process.stderr.read() == ""
    assert process.wait(timeout=60) == 1
    process.stderr.close()
