"""`netwright predict`: what a model says to inputs; with `--follow` to one after the other, as they come."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli.answers import ONNXRUNTIME, Answer, ModelArgument, WrongUsage, check_engine
from engine.errors import NetwrightError

if TYPE_CHECKING:
    from rich.console import Console

    from engine.backends.base import Batch
    from engine.prediction import Predictor


def command(
    model: ModelArgument,
    inputs: Annotated[
        list[str] | None,
        typer.Argument(metavar="[INPUT]...", help="Pictures, arrays (.npy), tables …", show_default=False),
    ] = None,
    given: Annotated[
        list[str] | None,
        typer.Option("--input", metavar="NODE=FILE", help="What to feed each of several inputs.", show_default=False),
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="How many classes are named.")] = 5,
    engine: Annotated[str, typer.Option(help="torch, mxnet, onnxruntime (of the exported model) or auto.")] = "auto",
    device: Annotated[str, typer.Option(help="cpu, cuda:N, gpu:N or mps.")] = "cpu",
    threads: Annotated[int, typer.Option(min=0, help="0: one for each core.")] = 0,
    follow: Annotated[
        bool,
        typer.Option(
            "--follow", help="Read inputs from stdin, a line each (a path or JSON), and answer each with a line."
        ),
    ] = False,
) -> Any:
    """What a model or run says to inputs: classes with their probabilities, or numbers."""
    if not (follow or inputs or given):
        raise WrongUsage("predict takes an INPUT, --input node=file or --follow")
    check_engine(engine, ONNXRUNTIME)
    predictor = _predictor(model, engine, device, threads)
    if follow:
        return _following(predictor, top)
    fed = [_of_node(predictor, path) for path in inputs or ()]
    if given:
        fed.append(dict(_pair(text) for text in given))
    return _all(predictor, fed, top)


def _predictor(model: str, engine: str, device: str, threads: int) -> Predictor:
    from engine.cli.opened import plan_for
    from engine.opening import open_model
    from engine.prediction import predictor

    opened = open_model(model)
    plan = plan_for(opened, engine, device, threads)
    return predictor(opened, plan)


def _following(predictor: Predictor, top: int) -> Iterator[Mapping[str, Any]]:
    """An answer for each line of stdin; an input that cannot be used is an answer too."""
    for line in sys.stdin:
        text = line.strip()
        if text:
            yield _answer(predictor, text, top)


def _answer(predictor: Predictor, text: str, top: int) -> dict[str, Any]:
    try:
        batch = predictor.prepared(_read(predictor, text))
        answers, milliseconds = predictor.timed(batch, top)
    except NetwrightError as error:
        return {"input": text[:200], "error": str(error)}
    return {"input": text[:200], **answers[0], "milliseconds": milliseconds}


def _read(predictor: Predictor, text: str) -> dict[str, Any]:
    """A path, or JSON: an array of values, a text, a table's row, or an object of these by input node."""
    import numpy as np

    if text[0] not in '[{"':
        return _of_node(predictor, text)
    try:
        value = json.loads(text)
        by_node = (
            value if isinstance(value, dict) and set(value) & set(predictor.inputs) else _of_node(predictor, value)
        )
        return {n: np.asarray(v, np.float32) if isinstance(v, list) else v for n, v in by_node.items()}
    except ValueError as error:
        raise NetwrightError(f"is no JSON that can be fed: {error}") from None


def _of_node(predictor: Predictor, value: Any) -> dict[str, Any]:
    """`value` for the only input. Raises WrongUsage where there are several."""
    if len(predictor.inputs) != 1:
        raise WrongUsage(f"the model has the inputs {', '.join(predictor.inputs)}", hint="--input node=file for each")
    return {predictor.inputs[0]: value}


def _pair(text: str) -> tuple[str, str]:
    node, equals, file = text.partition("=")
    if not equals:
        raise WrongUsage(f"--input is node=file, not {text!r}")
    return node, file


def _all(predictor: Predictor, fed: list[dict[str, Any]], top: int) -> Answer:
    predictions = [line for given in fed for line in _lines(predictor, given, top)]

    def show(console: Console) -> None:
        from rich.markup import escape
        from rich.table import Table

        table = Table("Input", "Answer")
        for line in predictions:
            table.add_row(escape(line["input"]), escape(_written(line)))
        console.print(table)

    return Answer({"predictions": predictions}, show)


def _lines(predictor: Predictor, given: dict[str, Any], top: int) -> Iterator[dict[str, Any]]:
    """A line for each sample: a table's file holds several."""
    batch: Batch = predictor.prepared(given)
    answers = predictor.answers(batch, top)
    name = ", ".join(str(value) for value in given.values())
    for number, answer in enumerate(answers):
        yield {"input": name if len(answers) == 1 else f"{name}:{number}", **answer}


def _written(line: Mapping[str, Any]) -> str:
    if "top" in line:
        return "  ".join(f"{best['label']} {best['score']:.1%}" for best in line["top"])
    if "outputs" in line:
        return "\n".join(f"{name}: {_written(told)}" for name, told in line["outputs"].items())
    return str(line["output"])
