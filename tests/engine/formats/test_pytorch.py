"""PyTorch source: what stands in model.py computes what our engine does, and train.py learns the same."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.backends import available
from engine.conversion import Wish, convert
from engine.formats import FORMATS
from engine.formats.pytorch import written
from engine.layers.loss import Loss
from engine.opening import open_model
from tests.engine.cases import CASES, Case
from tests.engine.formats.session import inputs_and
from tests.engine.reference import random_input, random_weights, reference

pytestmark = pytest.mark.skipif("torch" not in available(), reason="needs torch")

DEPLOYED = tuple(case for case in CASES if case.signals and not isinstance(case.layer, Loss))


@pytest.mark.parametrize("it", DEPLOYED, ids=str)
def test_a_layer_computes_in_its_source_what_the_reference_does(it: Case) -> None:
    import torch

    own = random_weights(it.layer, *(signal.shape for signal in it.signals), seed=3)
    made = written(inputs_and(it), {f"it/{name}": values.astype(np.float32) for name, values in own.items()}, "Net")
    names: dict[str, object] = {"__name__": "written"}
    exec(made.text, names)  # noqa: S102 - it is our own
    model = names[made.title]()  # type: ignore[operator]
    model.load_state_dict({name: torch.from_numpy(np.array(values)) for name, values in made.states.items()})
    model.eval()
    arrays = {f"x{place}": random_input(signal, 2, seed=place) for place, signal in enumerate(it.signals)}
    own32 = {name: values.astype(np.float32) for name, values in own.items()}
    expected = reference(it.layer, own32, *arrays.values())
    with torch.no_grad():
        inputs = (torch.from_numpy(arrays[name]) for name in made.inputs)
        found = model(*(x.float() if x.is_floating_point() else x for x in inputs))
    for a, b in zip(*((v if isinstance(v, tuple) else (v,)) for v in (found, expected)), strict=True):
        assert np.abs(a.numpy() - b).max(initial=0) / max(np.abs(b).max(initial=0), 1e-6) < 1e-4


def test_the_written_training_runs_without_netwright_and_learns(tmp_path: Path) -> None:
    opened = open_model("gallery:lenet")
    short = replace(opened, model=replace(opened.model, recipe=replace(opened.model.recipe, epochs=0, steps=2)))
    done = convert(short, FORMATS["pytorch"], Wish(tmp_path))
    assert [file.name for file in done.files] == ["model.py", "train.py", "weights.safetensors"]
    plain = {"PATH": os.environ["PATH"], "OMP_NUM_THREADS": "1"}
    subprocess.run([sys.executable, "-s", "-E", "train.py"], cwd=tmp_path, env=plain, check=True)
    (epoch,) = json.loads((tmp_path / "history.json").read_text())
    assert 2.0 < epoch["loss"] < 2.6
