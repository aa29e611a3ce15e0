"""train, evaluate, predict, runs and devices: what they answer as JSON, on a small network and real digits."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import resources
from engine.backends import available
from engine.cli import main
from tests.engine.training.small import ENGINE, ENGINES, MODEL, model_in, needs, netwright


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def model(home: Path) -> Path:
    return model_in(home)


@pytest.fixture(scope="module")
def run(home: Path, model: Path) -> Path:
    """A run of two epochs."""
    path = home / "run"
    assert main(["train", str(model), "--engine", ENGINE, "--epochs", "2", "--run", str(path)]) == 0
    return path


def told(capfd: pytest.CaptureFixture[str], *arguments: str | Path, status: int = 0) -> Any:
    """What a verb answers as JSON."""
    capfd.readouterr()
    assert main([*map(str, arguments), "--json"]) == status
    return json.loads(capfd.readouterr().out)


def test_train_tells_run_plan_means_and_best(model: Path, home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    options = ("--engine", ENGINE, "--device", "cpu", "--epochs", "2", "--batch-size", "48", "--seed", "5")
    answer = told(capfd, "train", model, *options, "--out", home / "runs")
    assert (answer["engine"], answer["device"], answer["epochs"]) == (ENGINE, "cpu", 2)
    assert answer["plan"]["backend"] == ENGINE
    assert set(answer["train"]) == set(answer["validation"]) == {"loss", "accuracy"}
    assert answer["best"]["epoch"] in (1, 2)
    assert answer["samples_per_second"] > 0
    run = Path(answer["run"])
    assert run.parent == home / "runs"
    wanted = "model.txtpb command.txt environment.json labels.json events.jsonl lock checkpoints report"
    assert {path.name for path in run.iterdir()} >= set(wanted.split())
    text = (run / "model.txtpb").read_text()
    assert "batch_size: 48" in text
    assert "epochs: 2" in text
    assert "seed: 5" in text


def test_the_same_command_twice_gives_the_same_numbers(
    model: Path, run: Path, home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    again = told(capfd, "train", model, "--engine", ENGINE, "--epochs", "2", "--run", home / "again")
    first = json.loads((run / "events.jsonl").read_text().splitlines()[-1])
    for name in ("train", "validation", "best", "step"):
        assert again[name] == first[name]
    weights = [path / "checkpoints" / "last" / "weights.safetensors" for path in (run, home / "again")]
    assert weights[0].read_bytes() == weights[1].read_bytes()


def test_another_seed_gives_other_numbers(
    model: Path, run: Path, home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    other = told(capfd, "train", model, "--engine", ENGINE, "--epochs", "1", "--seed", "9", "--run", home / "other")
    first = json.loads((run / "events.jsonl").read_text().splitlines()[-1])
    assert other["train"] != first["train"]


def test_the_command_that_a_run_keeps_trains_it_again(run: Path, home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    program, *arguments = (run / "command.txt").read_text().split()
    assert program == "netwright"
    again = told(capfd, *arguments, "--run", home / "copied")
    first = json.loads((run / "events.jsonl").read_text().splitlines()[-1])
    assert again["validation"] == first["validation"]
    assert again["epochs"] == 2


def test_a_finished_run_is_made_longer_by_more_epochs(
    model: Path, home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = home / "longer"
    told(capfd, "train", model, "--engine", ENGINE, "--epochs", "1", "--subset", "0.2", "--run", path)
    answer = told(capfd, "train", "--resume", path, "--epochs", "3")
    assert answer["epochs"] == 3
    assert answer["step"] == 3 * 9  # a fifth of 1,438 samples in batches of 32


def test_other_data_take_the_place_of_the_models(model: Path, home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    digits = np.load(resources.path("data", "digits.npz"))
    np.savez(home / "few.npz", x=digits["x"][:200], y=digits["y"][:200])
    answer = told(
        capfd, "train", model, "--engine", ENGINE, "--epochs", "1", "--data", home / "few.npz", "--run", home / "few"
    )
    assert answer["step"] == 5  # 160 in batches of 32
    section = home / "section.txtpb"
    section.write_text("netwright: 1\n" + MODEL[MODEL.index("data {") :].replace("bundled:digits.npz", "few.npz"))
    options = ("--engine", ENGINE, "--epochs", "1", "--data", section, "--run", home / "few2")
    assert told(capfd, "train", model, *options)["validation"] == answer["validation"]


def test_evaluate_gives_the_metrics_of_the_best_weights(run: Path, capfd: pytest.CaptureFixture[str]) -> None:
    best = json.loads((run / "events.jsonl").read_text().splitlines()[-1])["best"]
    answer = told(capfd, "evaluate", run)
    assert answer["metrics"] == {"loss": best["loss"], "accuracy": best["accuracy"]}
    assert (answer["split"], answer["samples"], answer["engine"]) == ("validation", 359, ENGINE)
    assert told(capfd, "evaluate", run, "--split", "train")["samples"] == 1438
    told(capfd, "evaluate", run, "--split", "test", status=1)
    told(capfd, "evaluate", run, "--split", "all", status=2)


def test_evaluate_tells_what_was_taken_for_what(run: Path, home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    metrics = "metric { accuracy { } } metric { confusion_matrix { } }"
    (home / "counted").mkdir()
    model = model_in(home / "counted", MODEL.replace("recipe {", f"recipe {{ {metrics}"))
    path = home / "counted" / "run"
    told(capfd, "train", model, "--engine", ENGINE, "--epochs", "1", "--run", path)
    answer = told(capfd, "evaluate", path)
    counts = np.array(answer["tables"]["confusion_matrix"])
    assert counts.trace() / counts.sum() == answer["metrics"]["accuracy"]
    assert answer["labels"]["digit"] == [str(n) for n in range(10)]
    assert main(["evaluate", str(path)]) == 0
    lines = [line.split() for line in capfd.readouterr().out.replace("│", " ").splitlines()]
    assert ["3", *(str(n or "·") for n in counts[3].tolist())] in lines
    drawn = (path / "report" / "confusion.csv").read_text().splitlines()
    assert drawn[4] == ",".join(["3", *map(str, counts[3].tolist())])


def test_counted_class_weights_stay_with_the_run(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (home / "balanced").mkdir()
    text = MODEL.replace("softmax_cross_entropy { }", "softmax_cross_entropy { balanced: true }")
    model = model_in(home / "balanced", text)
    options = ("--engine", ENGINE, "--epochs", "1", "--subset", "0.2", "--run", home / "balanced" / "run")
    told(capfd, "train", model, *options)
    text = (home / "balanced" / "run" / "model.txtpb").read_text()
    weights = json.loads(text.partition("class_weights: ")[2].partition("]")[0] + "]")
    assert "balanced: true" not in text
    assert np.mean(weights) == pytest.approx(1, abs=0.05)
    assert len(set(weights)) > 1
    events = [json.loads(line) for line in (home / "balanced" / "run" / "events.jsonl").read_text().splitlines()]
    (notice,) = [event for event in events if event["event"] == "problem" and event["node"] == "loss"]
    assert notice["message"].startswith(f"its classes weigh 0 {weights[0]:.4g}, 1 {weights[1]:.4g}")


@pytest.mark.parametrize("engine", [*ENGINES, "onnxruntime"])
def test_predict_names_the_likeliest_classes(
    engine: str, run: Path, home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    digits = np.load(resources.path("data", "digits.npz"))
    files = []
    for number in range(3):
        files.append(home / f"{number}.npy")
        np.save(files[-1], digits["x"][number])
    answer = told(capfd, "predict", run, *files, "--top", "3", "--engine", engine)
    reference = told(capfd, "predict", run, *files, "--top", "3", "--engine", ENGINE)
    assert [line["input"] for line in answer["predictions"]] == [str(file) for file in files]
    for line, other in zip(answer["predictions"], reference["predictions"], strict=True):
        assert [best["label"] for best in line["top"]] == [best["label"] for best in other["top"]]
        assert [b["score"] for b in line["top"]] == pytest.approx([b["score"] for b in other["top"]], abs=1e-4)
        assert [b["score"] for b in line["top"]] == sorted((b["score"] for b in line["top"]), reverse=True)


def test_predict_takes_a_file_for_each_input_by_name(run: Path, home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    np.save(home / "four.npy", np.load(resources.path("data", "digits.npz"))["x"][:4])
    plain = told(capfd, "predict", run, home / "four.npy")
    named = told(capfd, "predict", run, "--input", f"image={home / 'four.npy'}")
    assert len(plain["predictions"]) == 4
    assert [line["top"] for line in named["predictions"]] == [line["top"] for line in plain["predictions"]]


def test_predict_follows_its_input_line_by_line(run: Path, home: Path) -> None:
    values = np.load(resources.path("data", "digits.npz"))["x"][0]
    np.save(home / "zero.npy", values)
    lines = [str(home / "zero.npy"), "", json.dumps(values.tolist()), str(home / "nothing.png"), "[[1], [2, 3]]"]
    options = ("--follow", "--engine", "onnxruntime", "--top", "2")
    done = netwright("predict", run, *options, cwd=home, stdin="\n".join(lines) + "\n")
    assert done.returncode == 0, done.stderr
    first, second, missing, uneven = map(json.loads, done.stdout.splitlines())
    assert first["top"] == second["top"]
    assert len(first["top"]) == 2
    assert first["milliseconds"] > 0
    assert "nothing.png" in missing["error"]
    assert "error" in uneven


def test_predicting_with_onnxruntime_loads_neither_torch_nor_mxnet(run: Path, home: Path) -> None:
    import subprocess
    import sys

    from tests.engine.training.small import ROOT, surroundings

    np.save(home / "one.npy", np.load(resources.path("data", "digits.npz"))["x"][1])
    code = (
        "import sys; from main import main; main(sys.argv[1:]); print({'torch', 'mxnet', 'PySide6'} & set(sys.modules))"
    )
    command = [
        sys.executable,
        "-c",
        code,
        "predict",
        str(run),
        str(home / "one.npy"),
        "--engine",
        "onnxruntime",
        "--json",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, env=surroundings())
    assert done.stdout.splitlines()[-1] == "set()"


def test_a_model_without_weights_does_not_answer(model: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for verb in (("evaluate", model), ("predict", model, "x.npy")):
        assert "has no weights yet" in told(capfd, *verb, status=1)["error"]


def test_runs_tells_the_state_of_every_run(run: Path, capfd: pytest.CaptureFixture[str]) -> None:
    answer = told(capfd, "runs", run.parent)
    mine = next(each for each in answer["runs"] if each["name"] == "run")
    assert (mine["status"], mine["engine"], mine["epoch"], mine["epochs"]) == ("finished", ENGINE, 2, 2)
    assert mine["best"]["epoch"] in (1, 2)


def test_devices_tells_what_every_engine_finds(capfd: pytest.CaptureFixture[str]) -> None:
    answer = told(capfd, "devices")
    assert {(each["name"], each["engine"]) for each in answer["devices"]} >= {("cpu", name) for name in available()}


@pytest.mark.parametrize(
    ("options", "status", "sentence"),
    [
        (("--device", "cuda:7"), 2, "there are: cpu"),
        (("--engine", "caffe"), 2, "--engine is one of"),
        (("--subset", "0"), 2, "--subset is a share"),
        (("--layout", "diagonal"), 1, "there is no layout"),
        pytest.param(("--engine", "mxnet", "--precision", "bfloat16"), 1, "float32", marks=needs("mxnet")),
        (("--epochs", "0"), 2, "epochs"),
        (("--run", "."), 1, "is there already"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    options: tuple[str, ...], status: int, sentence: str, model: Path, home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    where = () if "--run" in options else ("--out", str(home / "refused"))
    engine = () if "--engine" in options else ("--engine", ENGINE)
    assert main(["train", str(model), *engine, *options, *where]) == status
    err = " ".join(capfd.readouterr().err.split())
    assert sentence in err
    assert "Traceback" not in err


def test_a_training_that_fails_has_status_1_and_says_where(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    model = home / "failing.txtpb"
    model.write_text(MODEL.replace("learning_rate: 0.05", "learning_rate: 1e30").replace("warmup: 20", ""))
    answer = told(capfd, "train", model, "--engine", ENGINE, "--run", home / "failed", status=1)
    assert "no longer finite" in answer["error"]
    assert answer["node"] in ("conv", "norm", "relu", "drop", "flat", "score", "loss")
    last = json.loads((home / "failed" / "events.jsonl").read_text().splitlines()[-1])
    assert (last["event"], last["node"]) == ("failed", answer["node"])


@needs("torch")
def test_bfloat16_trains_where_the_engine_has_it(model: Path, home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    options = ("--engine", "torch", "--precision", "bfloat16", "--epochs", "2", "--run", home / "bf16")
    answer = told(capfd, "train", model, *options)
    assert answer["plan"]["precision"] == "bfloat16"
    assert answer["validation"]["accuracy"] > 0.5
