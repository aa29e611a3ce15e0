"""Saving: all or nothing, and nothing that was there is lost."""

from pathlib import Path

import pytest

from engine.errors import NetwrightError, Unreadable
from engine.layers.dense import Dense
from engine.model import Model
from engine.network import Network
from engine.node import Node
from engine.schema import files
from engine.schema.files import load, save
from engine.schema.write import write

MODEL = Model(name="m", network=Network((Node("a", (), Dense()),)))


def test_what_is_saved_is_what_is_loaded(tmp_path: Path) -> None:
    save(MODEL, tmp_path / "m.txtpb")
    assert load(tmp_path / "m.txtpb").model == MODEL
    assert [path.name for path in tmp_path.iterdir()] == ["m.txtpb"]


def test_a_crash_while_writing_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "m.txtpb"
    save(MODEL, path)
    monkeypatch.setattr(files.os, "fsync", fails)
    with pytest.raises(NetwrightError, match=r"cannot be saved: the disk is full"):
        save(Model(name="other"), path)
    assert path.read_text() == write(MODEL)
    assert [found.name for found in tmp_path.iterdir()] == ["m.txtpb"]


def fails(_: int) -> None:
    raise OSError(28, "the disk is full")


def test_a_file_that_holds_more_than_we_read_is_not_saved_over(tmp_path: Path) -> None:
    path = tmp_path / "m.txtpb"
    path.write_text("netwright: 1\nrecipe { epochs: 3 horizon: 7 }\n")
    with pytest.raises(NetwrightError, match=r"2:20: is not saved over.*recipe has no field horizon"):
        save(MODEL, path)
    assert "horizon: 7" in path.read_text()


def test_a_file_of_another_kind_may_be_replaced(tmp_path: Path) -> None:
    path = tmp_path / "m.txtpb"
    path.write_bytes(b"\xff\x00")
    save(MODEL, path)
    assert load(path).model == MODEL


def test_a_name_that_would_not_read_back_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(NetwrightError, match="would not read back"):
        save(Model(network=Network((Node("a\ud800", (), Dense()),))), tmp_path / "m.txtpb")
    assert not (tmp_path / "m.txtpb").exists()


def test_a_link_stays_a_link_and_rights_stay_as_they_are(tmp_path: Path) -> None:
    real, link = tmp_path / "real.txtpb", tmp_path / "link.txtpb"
    save(Model(), real)
    real.chmod(0o640)
    link.symlink_to(real)
    save(MODEL, link)
    assert link.is_symlink()
    assert load(real).model == MODEL
    assert real.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("content", [None, b"\x80\x81"])
def test_what_cannot_be_read_is_told_in_a_sentence(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "m.txtpb"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Unreadable, match=r"cannot be read: No such file|is not text"):
        load(path)
