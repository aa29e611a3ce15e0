"""The page about data names everything that there is."""

from pathlib import Path

import pytest

from engine.data.spec import SOURCES, TRANSFORMS
from engine.declare import fields_of

PAGE = (Path(__file__).parents[3] / "docs" / "data.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "cls"), [*SOURCES.items(), *TRANSFORMS.items()])
def test_the_page_tells_the_fields_of(name, cls) -> None:
    (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| `{name} {{")]
    assert row.split("{")[1].split("}")[0].split() == [field.spelling for field in fields_of(cls)]
