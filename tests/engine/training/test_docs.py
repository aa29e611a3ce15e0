"""The page on training tells what there is: every optimiser, schedule and metric, in the words of its declaration."""

from pathlib import Path

import pytest

from engine.declare import fields_of
from engine.schema.read import read
from engine.training.gauges import gauges_of
from engine.training.metrics import METRICS
from engine.training.optimizers import OPTIMIZERS
from engine.training.schedules import SCHEDULES
from tests.engine.training.small import MODEL

PAGE = (Path(__file__).parents[3] / "docs" / "training.md").read_text("utf-8")
DECLARED = [(name, cls) for family in (OPTIMIZERS, SCHEDULES, METRICS) for name, cls in family.items()]


@pytest.mark.parametrize(("name", "cls"), DECLARED, ids=[name for name, _ in DECLARED])
def test_the_page_has_its_name_its_words_and_its_fields(name: str, cls: type) -> None:
    row = next((line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |")), "")
    words = str(cls.__doc__).split("\n")[0]
    fields = ", ".join(f"`{field.name}`" for field in fields_of(cls))
    assert row == f"| `{name}` | {words} | {fields} |".replace("|  |", "| |")


def recipes() -> list[str]:
    return [part for part in PAGE.split("```")[1::2] if part.lstrip().startswith("recipe {")]


def test_the_recipe_on_the_page_is_one() -> None:
    recipe = recipes()[0]
    begin, end = MODEL.index("recipe {"), MODEL.index("data {")
    model = read(MODEL[:begin] + recipe + MODEL[end:]).model
    assert model.recipe.average is not None
    assert model.recipe.accumulate == 4


def test_the_metrics_on_the_page_are_some() -> None:
    begin, end = MODEL.index("recipe {"), MODEL.index("data {")
    recipe = recipes()[1].replace('"ill"', '"digit"')
    model = read(MODEL[:begin] + recipe + MODEL[end:]).model
    names = [gauge.name for gauge in gauges_of(model.network, model.recipe)]
    assert names == ["f1", "class1_recall", "roc_auc", "confusion_matrix"]
