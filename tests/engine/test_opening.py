"""Opening: whatever a model is called, it opens or says in a sentence why not."""

from pathlib import Path

import pytest

from engine.errors import SchemaError, Unreadable
from engine.formats import FORMATS, format_of
from engine.model import Model
from engine.opening import gallery, open_model
from engine.schema.files import save

TEXT = '# a model\nnetwright: 1\nname: "m"\nnode { name: "a" input { shape: [3] } }\n'


def test_a_schema_is_told_by_its_content_whatever_its_name(tmp_path: Path) -> None:
    (tmp_path / "model.weird").write_text(TEXT)
    opened = open_model(tmp_path / "model.weird")
    assert opened.model.name == "m"
    assert (opened.format, opened.base, opened.weights) == ("netwright", tmp_path, None)
    assert opened.places["a"] == (4, 1)


@pytest.mark.parametrize("name", gallery())
def test_the_gallery_opens_by_name(name: str) -> None:
    opened = open_model(f"gallery:{name}")
    assert opened.problems == ()
    assert len(opened.model.network.nodes) > 3


def test_a_name_that_is_not_in_the_gallery_is_guessed() -> None:
    with pytest.raises(Unreadable, match="there is no lenett in the gallery") as caught:
        open_model("gallery:lenett")
    assert caught.value.hint == "did you mean gallery:lenet?"


@pytest.mark.parametrize("kept", [["best", "last"], ["last"], []])
def test_a_run_is_its_model_with_its_best_weights(tmp_path: Path, kept: list[str]) -> None:
    save(Model(name="trained"), tmp_path / "model.txtpb")
    for name in kept:
        (tmp_path / "checkpoints" / name).mkdir(parents=True)
        (tmp_path / "checkpoints" / name / "weights.safetensors").write_bytes(b"")
    opened = open_model(tmp_path)
    assert opened.model.name == "trained"
    assert opened.weights == (tmp_path / "checkpoints" / kept[0] / "weights.safetensors" if kept else None)


def test_weights_that_a_model_names_lie_beside_it(tmp_path: Path) -> None:
    (tmp_path / "m.txtpb").write_text('netwright: 1\nweights: "deep/w.safetensors"\n')
    opened = open_model(tmp_path / "m.txtpb")
    assert opened.weights == tmp_path / "deep" / "w.safetensors"
    assert [(p.severity, p.message) for p in opened.problems] == [
        ("warning", f"there is no {opened.weights}, which the model names as its weights")
    ]


OTHERS = {
    "missing": (None, "cannot be read: No such file or directory"),
    "empty": (b"", "is empty"),
    "picture.png": (b"\x89PNG\r\n\x1a\n", "is a picture"),
    "net.caffemodel.h5": (b"\x89HDF\r\n\x1a\n", "is an HDF5 file"),
    "noise.bin": (bytes(range(256)), "is nothing that Netwright reads"),
    "note.txt": (b"Dear Ann,", "is nothing that Netwright reads"),
    "w.safetensors": (b'\x10\0\0\0\0\0\0\0{"a": 1}', "is weights without a network"),
    "net.onnx": (b"\x08\x08\x12\x09Netwright", "holds no network"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_model_says_what_it_is(tmp_path: Path, name: str) -> None:
    content, message = OTHERS[name]
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(Unreadable) as caught:
        open_model(tmp_path / name)
    assert str(caught.value) == f"{tmp_path / name}: {message}"


def test_a_folder_that_is_no_run_says_so(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=r"is a folder, but not a run's: there is no model\.txtpb in it"):
        open_model(tmp_path)


def test_a_schema_without_its_first_field_gets_the_readers_words(tmp_path: Path) -> None:
    (tmp_path / "m.txtpb").write_text('name: "m"\n')
    with pytest.raises(SchemaError, match="the first field of a schema is netwright, not name"):
        open_model(tmp_path / "m.txtpb")


def test_a_long_preface_hides_nothing(tmp_path: Path) -> None:
    (tmp_path / "m.txtpb").write_text("# word\n" * 5000 + TEXT)
    assert open_model(tmp_path / "m.txtpb").model.name == "m"


def test_every_format_has_a_module_or_is_the_schema() -> None:
    foreign = [row for row in FORMATS.values() if row.name != "netwright"]
    assert all(row.module().read for row in foreign if row.reads)
    assert FORMATS["onnx"].module().export
    assert format_of(b"netwright: 1") is FORMATS["netwright"]
