"""How a file's inputs are prepared, as Netwright wrote it beside the network: see `engine.formats.properties`."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping

from engine.data.spec import DataSpec, Feed
from engine.errors import NetwrightError
from engine.schema.read import read

KEY = "preprocessing"
_RULE = re.compile(r"([a-z_]\w*)\s*\{[^{}]*\}")
"""A transform as the schema has it."""


def data_of(properties: Mapping[str, str], inputs: Collection[str]) -> DataSpec:
    """The data section that prepares `inputs` so; an empty one where nothing is said, or nothing that is understood."""
    try:
        said = json.loads(properties.get(KEY, "{}"))
        feeds = tuple(_feeds(said, inputs))
    except (ValueError, RecursionError, NetwrightError):
        return DataSpec()
    return DataSpec(feeds=feeds)


def _feeds(said: object, inputs: Collection[str]) -> Iterator[Feed]:
    for name, text in said.items() if isinstance(said, dict) else ():
        if name in inputs and isinstance(text, str):
            steps = " ".join(f"transform {{ {rule[0]} }}" for rule in _RULE.finditer(text))
            model = read(
                f"netwright: 1\ndata {{ feed {{ node: {json.dumps(name)} column: {json.dumps(name)} {steps} }} }}"
            ).model
            yield from model.data.feeds
