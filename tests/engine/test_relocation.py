"""A model saved elsewhere finds its data and weights."""

from pathlib import Path

import pytest

from engine.relocation import relocated
from engine.schema.read import read

TEXT = """netwright: 1
weights: "{weights}"
node {{ name: "x" input {{ shape: [4] }} }}
recipe {{ start {{ weights: "{weights}" }} }}
data {{
  source {{ npz {{ path: "{data}" }} }}
  source {{ npz {{ path: "bundled:digits.npz" }} }}
  source {{ npz {{ path: "/data/all.npz" }} }}
}}
"""


@pytest.mark.parametrize(
    ("new", "data", "weights"),
    [
        ("/home/me", "digits.npz", "../lib/w.safetensors"),
        ("/home/me/models", "../digits.npz", "../../lib/w.safetensors"),
        ("/srv", "../home/me/digits.npz", "../home/lib/w.safetensors"),
    ],
)
def test_relative_paths_follow_and_others_stay(new: str, data: str, weights: str) -> None:
    model = read(TEXT.format(data="digits.npz", weights="../lib/w.safetensors")).model
    assert relocated(model, Path("/home/me"), Path(new)) == read(TEXT.format(data=data, weights=weights)).model


@pytest.mark.parametrize("name", ["gallery:lenet", "bundled:digits.npz", "/srv/w.safetensors"])
def test_what_is_no_path_seen_from_a_folder_stays(name: str) -> None:
    model = read(TEXT.format(data="/d.npz", weights=name)).model
    assert relocated(model, Path("/home/me"), Path("/srv")) == model
