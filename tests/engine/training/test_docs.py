"""The page on training tells what there is: every optimiser and schedule, in the words of its declaration."""

from pathlib import Path

import pytest

from engine.declare import fields_of
from engine.schema.read import read
from engine.training.optimizers import OPTIMIZERS
from engine.training.schedules import SCHEDULES
from tests.engine.training.small import MODEL

PAGE = (Path(__file__).parents[3] / "docs" / "training.md").read_text("utf-8")
DECLARED = [(name, cls) for family in (OPTIMIZERS, SCHEDULES) for name, cls in family.items()]


@pytest.mark.parametrize(("name", "cls"), DECLARED, ids=[name for name, _ in DECLARED])
def test_the_page_has_its_name_its_words_and_its_fields(name: str, cls: type) -> None:
    row = next((line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |")), "")
    words = str(cls.__doc__).split("\n")[0]
    fields = ", ".join(f"`{field.name}`" for field in fields_of(cls))
    assert row == f"| `{name}` | {words} | {fields} |".replace("|  |", "| |")


def test_the_recipe_on_the_page_is_one() -> None:
    recipe = next(part for part in PAGE.split("```")[1::2] if part.lstrip().startswith("recipe {"))
    begin, end = MODEL.index("recipe {"), MODEL.index("data {")
    model = read(MODEL[:begin] + recipe + MODEL[end:]).model
    assert model.recipe.average is not None
    assert model.recipe.accumulate == 4
