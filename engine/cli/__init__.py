"""The command line: a table of verbs, each a module of its own that is loaded only when its verb is used.

A verb is a line in `VERBS` and a module with one function, whose signature typer turns into arguments and help:

    def command(model: ModelArgument, top: Annotated[int, typer.Option(help="How many.")] = 5) -> Answer:
        \"\"\"What the verb does, in a sentence.\"\"\"
        ...
        return Answer({"params": 431080, ...}, lambda console: console.print(table))

`--json` is added and served for all of them here: it prints the answer's first half, otherwise the second is shown.
While a verb works, descriptor 1 points at stderr, so nothing that a framework prints can spoil the answer; progress
goes to `Console(stderr=True)`. A verb that answers line by line returns an iterator of such first halves instead.
Errors are raised (`NetwrightError`; `Unreadable` and `WrongUsage` end with status 2, all others with 1) or, where an
answer tells them, returned with `status=1`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

VERBS = {
    "summary": "Shapes, parameters, multiply-accumulates and memory of a model",
    "check": "Every problem of a model, with its place and what would mend it",
    "train": "Train a model, or resume a run that was stopped or killed",
    "evaluate": "Metrics of a model or run on a part of its data",
    "predict": "What a model or run says to given inputs",
    "convert": "Write a model in another format",
    "verify": "Run an exported file elsewhere and compare it with its model",
    "runs": "Trainings in a folder, with their state and best values",
    "devices": "What can be trained on here",
    "layers": "The catalogue of layers",
    "formats": "File formats, and which way they go",
    "schema": "The schema file's grammar, as a .proto",
    "gallery": "Models that ship with Netwright; `gallery NAME --out FILE` copies one",
}

HELP = """\
Draw neural networks, train them, look inside them and take them elsewhere.

  netwright                    open the window
  netwright FILE               open the window with a model
  netwright VERB ... [--json]  work in this terminal

{verbs}

`netwright VERB --help` tells what a verb takes. A MODEL is any readable file, gallery:NAME or a run's folder.
Exit status: 0 done, 1 the model, data or run has errors, 2 wrong usage or unreadable file.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Does what `argv` (without the program's name) asks, and gives the exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    verb = arguments[0] if arguments else "--help"
    if verb in ("--help", "-h", "help"):
        sys.stdout.write(HELP.format(verbs="\n".join(f"  {name:<10} {text}" for name, text in VERBS.items())))
        return 0
    if verb == "--version":
        sys.stdout.write(f"netwright {_version()}\n")
        return 0
    if verb not in VERBS:
        sys.stderr.write(_no_such(verb))
        return 2
    from engine.cli.verb import perform

    return perform(verb, arguments[1:])


def _version() -> str:
    from engine.version import version

    return version()


def _no_such(verb: str) -> str:
    import difflib

    near = difflib.get_close_matches(verb, VERBS, n=1)
    hint = f"did you mean `{near[0]}`?" if near else "`netwright --help` lists them."
    return f"netwright has no verb `{verb}`; {hint}\n"
