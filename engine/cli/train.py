"""`netwright train`: trains a model, or goes on with a run."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli.answers import Answer, DataOption, WrongUsage, check_engine

if TYPE_CHECKING:
    from rich.console import Console

    from engine.data.dataset import Data
    from engine.training.begin import Changes
    from engine.training.messages import Failed, Finished, Message
    from engine.training.planning import Wishes
    from engine.training.runs import Run


def command(
    model: Annotated[
        str,
        typer.Argument(metavar="[MODEL]", help="A readable file, gallery:NAME or a run's folder.", show_default=False),
    ] = "",
    resume: Annotated[Path | None, typer.Option(metavar="RUN", help="Go on with a run.", show_default=False)] = None,
    engine: Annotated[str, typer.Option(help="torch, mxnet or auto: what is fastest for this network here.")] = "auto",
    device: Annotated[str, typer.Option(help="cpu, cuda:N, gpu:N, mps; else the best.", show_default=False)] = "",
    precision: Annotated[
        str | None,
        typer.Option(help="float32, bfloat16, float16 or auto; else as the recipe says.", show_default=False),
    ] = None,
    layout: Annotated[
        str, typer.Option(help="channels_first or channels_last; else the faster.", show_default=False)
    ] = "",
    compiled: Annotated[
        bool | None,
        typer.Option("--compile/--no-compile", help="Else where it saves more time than it takes.", show_default=False),
    ] = None,
    threads: Annotated[int, typer.Option(min=0, help="0: one for each core.")] = 0,
    deterministic: Annotated[bool, typer.Option(help="Only algorithms that repeat every bit, also on a GPU.")] = False,
    epochs: Annotated[int | None, typer.Option(min=1, help="Else as the recipe says.", show_default=False)] = None,
    batch_size: Annotated[int | None, typer.Option(min=1, help="Else as the recipe says.", show_default=False)] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Else as the recipe says.", show_default=False)] = None,
    data: DataOption = "",
    subset: Annotated[float, typer.Option(help="Share of the training part that is used.")] = 1.0,
    out: Annotated[Path, typer.Option(metavar="DIR", help="The run becomes a folder in it.")] = Path("runs"),
    run: Annotated[
        Path | None, typer.Option(metavar="PATH", help="The run's folder itself.", show_default=False)
    ] = None,
) -> Answer:
    """Train a model, or go on with a run that was stopped or killed: it gives the same numbers as if it never was."""
    if bool(model) == bool(resume):
        raise WrongUsage("train takes a MODEL, or --resume RUN")
    check_engine(engine)
    if not 0 < subset <= 1:
        raise WrongUsage(f"--subset is a share of the data, above 0 and up to 1, not {subset}")
    from engine.training.begin import Changes
    from engine.training.planning import Wishes

    if resume is not None:
        return _train(*_resumed(resume, epochs))
    changes = Changes(epochs, batch_size, seed, precision)
    wishes = Wishes(engine, device, layout, threads, deterministic, subset, compiled)
    return _train(*_begun(model, changes, wishes, data, out, run))


def _begun(
    model: str, changes: Changes, wishes: Wishes, data: str, out: Path, run: Path | None
) -> tuple[Run, Data | None]:
    from engine.cli.opened import with_data
    from engine.opening import open_model
    from engine.training.begin import begin

    return begin(with_data(open_model(model), data), changes, wishes, run or out, is_folder=run is None)


def _resumed(path: Path, epochs: int | None) -> tuple[Run, Data | None]:
    """The run at `path`, made longer or shorter where `epochs` says so."""
    from engine.schema.files import load, save
    from engine.training.begin import Changes
    from engine.training.runs import Run

    run = Run.open(path)
    if epochs is not None:
        model = load(run.model).model
        with run.hold():
            save(replace(model, recipe=Changes(epochs).apply(model.recipe)), run.model)
    return run, None


def _train(run: Run, data: Data | None) -> Answer:
    from engine.cli.live import Live
    from engine.training.conduct import conduct
    from engine.training.messages import Failed, Finished, Started

    plan: Mapping[str, Any] = {}
    epochs = 0
    last: Message | None = None
    with Live(run) as live, stops_on_signals() as commands:
        for message in conduct(run, data, commands):
            live.tell(message)
            if isinstance(message, Started):
                plan, epochs = message.plan, message.epochs
            last = message
    facts = {"run": str(run.path), "engine": plan["backend"], "device": plan["device"], "plan": plan, "epochs": epochs}
    if isinstance(last, Failed):
        return _failed(facts, last)
    assert isinstance(last, Finished)
    return _finished(facts, last, run)


def _finished(facts: Mapping[str, Any], end: Finished, run: Run) -> Answer:
    data = {
        **facts,
        "reason": end.reason,
        "step": end.step,
        "train": end.train,
        "validation": end.validation,
        "best": end.best,
        "samples_per_second": end.samples_per_second,
    }

    def show(console: Console) -> None:
        from engine.cli.live import table_of_means

        console.print(table_of_means({"train": end.train, "validation": end.validation, "best": end.best}))
        console.print(
            f"{REASONS[end.reason]} after {end.step} steps, {end.samples_per_second:,.0f} samples/s", style="dim"
        )
        console.print(str(run.path), soft_wrap=True, markup=False)

    return Answer(data, show)


REASONS = {"done": "Done", "stopped": "Stopped", "early": "Stopped early: no longer better"}


def _failed(facts: Mapping[str, Any], end: Failed) -> Answer:
    data = {
        **facts,
        "error": end.message,
        "node": end.node,
        "hint": end.detail,
        "train": {},
        "validation": {},
        "best": {},
    }

    def show(console: Console) -> None:
        console.print(facts["run"], soft_wrap=True, markup=False)

    return Answer(data, show, status=1)


@contextlib.contextmanager
def stops_on_signals() -> Iterator[Any]:
    """Ctrl-C and SIGTERM ask the training to stop, which keeps a checkpoint; a second Ctrl-C ends it at once."""
    asked: list[dict[str, str]] = []

    def stop(number: int, frame: object) -> None:
        asked.append({"command": "stop"})
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: tuple(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
