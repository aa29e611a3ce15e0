"""The verbs about models: their JSON, their tables, their exit status."""

import json
from pathlib import Path
from typing import Any

import pytest

from engine.cli import main
from engine.layers import CATALOGUE

BROKEN = Path(__file__).parents[2] / "samples" / "broken"


def told(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> Any:
    """The one JSON object that a verb prints."""
    capsys.readouterr()
    assert main([*arguments, "--json"]) == status
    (line,) = capsys.readouterr().out.splitlines()
    return json.loads(line)


def shown(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> str:
    capsys.readouterr()
    assert main(arguments) == status
    captured = capsys.readouterr()
    return captured.out + captured.err


def test_lenet_is_caffes_lenet(capsys: pytest.CaptureFixture[str]) -> None:
    summary = told(capsys, "summary", "gallery:lenet")
    shapes = {node["name"]: node["output"] for node in summary["nodes"]}
    assert (summary["params"], summary["macs"]) == (431_080, 2_293_000)
    assert shapes["conv1"] == [20, 24, 24]
    assert shapes["pool1"] == [20, 12, 12]
    assert shapes["conv2"] == [50, 8, 8]
    assert shapes["pool2"] == [50, 4, 4]
    assert (summary["inputs"], summary["outputs"]) == (["image"], ["score"])
    assert sum(node["params"] for node in summary["nodes"]) == 431_080


def test_a_summary_tells_what_a_training_holds(capsys: pytest.CaptureFixture[str]) -> None:
    held = told(capsys, "summary", "gallery:lenet", "--batch-size", "10")["training"]
    assert (held["batch"], held["weights"], held["gradients"], held["optimizer"]) == (10, *[4 * 431_080] * 3)
    assert held["total"] == sum(size for name, size in held.items() if name not in ("batch", "total"))


def test_a_summary_is_a_table_too(capsys: pytest.CaptureFixture[str]) -> None:
    table = shown(capsys, "summary", "gallery:lenet")
    assert "20x24x24" in table
    assert "431,080" in table


def test_a_block_is_summed_up_and_shown_from_inside_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    summary = told(capsys, "summary", "gallery:resnet18")
    rows = {node["name"]: node for node in summary["nodes"]}
    assert summary["params"] == sum(node["params"] for node in summary["nodes"]) == 11_689_512
    inside = rows["stage2"]["inside"]
    assert "inside" not in rows["conv1"]
    assert [node["name"] for node in inside][:2] == ["stage2/first/conv1", "stage2/first/norm1"]
    assert sum(node["macs"] for node in inside) == rows["stage2"]["macs"]
    assert rows["stage2"]["output"] == inside[-1]["output"] == [128, 28, 28]
    assert "stage2/rest/conv1" not in shown(capsys, "summary", "gallery:resnet18")
    assert "stage2/rest/conv1" in shown(capsys, "summary", "gallery:resnet18", "--expand")


def test_a_sound_model_has_no_problems(capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, "check", "gallery:lenet") == {"problems": []}
    assert "no problems" in shown(capsys, "check", "gallery:lenet")


def test_check_prints_all_problems_of_the_text(capsys: pytest.CaptureFixture[str]) -> None:
    path = str(BROKEN / "several_problems.txtpb")
    problems = told(capsys, "check", path, status=1)["problems"]
    expected = (BROKEN / "several_problems.expected").read_text().splitlines()
    assert len(problems) == len(expected)
    assert problems[0] == {
        "severity": "error",
        "node": "c",
        "line": 2,
        "column": 37,
        "message": "filters must be at least 1, not 0",
        "hint": "",
    }
    assert "did you mean adam?" in shown(capsys, "check", path, status=1)


def test_check_places_what_the_report_finds(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "m.txtpb"
    path.write_text(
        'netwright: 1\nnode { name: "x" input { shape: [3] } }\n\nnode { name: "c" from: "x" conv2d { } }\n'
    )
    problems = told(capsys, "check", str(path), status=1)["problems"]
    assert [(p["node"], p["line"], p["column"]) for p in problems if p["severity"] == "error"] == [("c", 4, 1)]


def test_a_kept_layer_is_told_once_and_is_no_error(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "m.txtpb"
    path.write_text('netwright: 1\nnode { name: "x" input { shape: [3] } }\nnode { name: "c" from: "x" gru2 { } }\n')
    problems = told(capsys, "check", str(path))["problems"]
    assert [(p["severity"], p["line"], p["column"], p["hint"]) for p in problems if p["node"] == "c"] == [
        ("warning", 3, 28, "did you mean gru?")
    ]


@pytest.mark.parametrize("verb", ["summary", "check"])
def test_a_file_that_is_not_there_is_wrong_usage(capsys: pytest.CaptureFixture[str], verb: str) -> None:
    assert "cannot be read" in shown(capsys, verb, "nowhere.txtpb", status=2)


def test_the_gallery_is_listed_and_copied(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    names = [row["name"] for row in told(capsys, "gallery")["gallery"]]
    assert "lenet" in names
    out = tmp_path / "mine.txtpb"
    told(capsys, "gallery", "lenet", "--out", str(out))
    assert told(capsys, "summary", str(out))["params"] == 431_080
    assert "is there already" in shown(capsys, "gallery", "lenet", "--out", str(out), status=2)
    assert "both a NAME and --out" in shown(capsys, "gallery", "lenet", status=2)


def test_the_catalogue_is_listed_whole(capsys: pytest.CaptureFixture[str]) -> None:
    layers = {layer["name"]: layer for layer in told(capsys, "layers")["layers"]}
    assert set(CATALOGUE) - set(layers) == {"unknown", "use"}
    kernel = next(field for field in layers["conv2d"]["fields"] if field["name"] == "kernel")
    assert kernel["default"] == [3, 3]
    assert "W[x]" in shown(capsys, "layers")


def test_formats_and_schema_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    ways = {row["name"]: (row["reads"], row["writes"]) for row in told(capsys, "formats")["formats"]}
    assert ways["netwright"] == ways["onnx"] == ways["mxnet"] == (True, True)
    assert [row["name"] for row in told(capsys, "schema")["schema"]][:4] == ["netwright", "name", "weights", "node"]
    assert shown(capsys, "schema").startswith("// The schema of Netwright's files")


def test_convert_and_verify_go_together(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = str(tmp_path / "penguins.onnx")
    converted = told(capsys, "convert", "gallery:penguins_mlp", out)
    assert (converted["from"], converted["to"], converted["files"]) == ("netwright", "onnx", [out])
    assert any("no weights yet" in note for note in converted["notes"])
    verdict = told(capsys, "verify", out, "--against", "gallery:penguins_mlp")
    assert verdict["runtime"].startswith("onnxruntime")
    assert verdict["max_rel_error"] < 1e-4
    assert verdict["first_difference"] is None
    assert "is there already" in shown(capsys, "convert", "gallery:penguins_mlp", out, status=2)
    assert "cannot be told" in shown(capsys, "convert", "gallery:penguins_mlp", "x.xyz", status=2)
