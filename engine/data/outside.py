"""One input from outside, a picture, a table's rows, an array, a text, as the network gets it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from engine.data.chance import Draws
from engine.data.columns import Array, Column
from engine.data.dataset import open_data
from engine.data.feeding import Feeding, feeding, fits, through
from engine.data.given import Given, column_of
from engine.data.preparing import prepared
from engine.data.sources import CSV, Parquet, Text
from engine.data.spec import DataSpec, Feed, SourceRule
from engine.data.steps import masking
from engine.data.text import vocabulary
from engine.data.transforms import Normalize, Resize
from engine.data.wants import Want, wants_of
from engine.errors import DataError, Problem, ShapeError
from engine.layers.base import written
from engine.network import Network


def prepare(spec: DataSpec, network: Network, node: str, given: Given, base: Path = Path()) -> Array:
    """What the node `node` gets for `given`: (samples, *shape), prepared as the data of `spec` are when deployed.

    `given` is a file (picture, .npy, .npz, .csv, .parquet, text), an array as the column has it, a table's row, or a
    text. Where the spec leaves open what was measured (`Data.spec` never does), the data are opened. Raises DataError.
    """
    wants = wants_of(network)
    asked = _feed(spec, node)
    feed = _feed(spec, asked.mask_of or node)
    rule = spec.sources[0].rule if spec.sources else SourceRule()
    try:
        if not _is_settled(rule, feed):
            rule, feed = _settled(spec, network, feed, base)
        fed = _fed(column_of(given, rule, feed, wants[feed.node]), feed, wants[feed.node])
        return _prepared(masking(asked, wants[node], fed) if asked.mask_of else fed)
    except DataError as error:
        raise DataError(tuple(replace(problem, node=problem.node or node) for problem in error.problems)) from None
    except ShapeError as error:
        raise DataError((Problem(error.message, node=node, hint=error.hint),)) from None


def _feed(spec: DataSpec, node: str) -> Feed:
    return next((feed for feed in spec.feeds if feed.node == node), Feed(node, "given"))


def _is_settled(rule: SourceRule, feed: Feed) -> bool:
    """Whether nothing is left to be measured in the data."""
    normal = [step.rule for step in feed.transforms if isinstance(step.rule, Normalize)]
    said = (
        {column.name for column in rule.columns if column.kind != "auto"} if isinstance(rule, CSV | Parquet) else set()
    )
    return (
        all(rule.mean and rule.deviation for rule in normal)
        and (not isinstance(rule, CSV | Parquet) or said.issuperset(feed.names))
        and (not isinstance(rule, Text) or bool(vocabulary(rule)))
    )


def _settled(spec: DataSpec, network: Network, feed: Feed, base: Path) -> tuple[SourceRule, Feed]:
    if not all(other.node in network for other in spec.feeds):  # a deployed network has no targets
        split = replace(spec.split, stratified=False) if spec.split else None
        spec = replace(spec, feeds=tuple(other for other in spec.feeds if other.node in network), split=split)
    settled = open_data(spec, network, base).spec
    return settled.sources[0].rule, next(other for other in settled.feeds if other.node == feed.node)


def _fed(column: Column, feed: Feed, want: Want) -> Feeding:
    return feeding(replace(feed, column="given", columns=()), want, {"given": column})


def _prepared(fed: Feeding) -> Array:
    column, rules, wanted = fed.column, fed.rules(training=False), fed.wants.shape
    if len(wanted) == 3 and -1 not in wanted and through(rules, column.shape)[1:] != wanted[1:]:
        rules = (*rules, Resize(size=wanted[1:]))
    made = through(rules, column.shape)
    if not fits(made, wanted):
        raise ShapeError(f"needs {written(wanted)}, and what is given makes {written(made)}")
    rows = np.arange(len(column))
    return fed.finished(prepared(rules, column.take(rows), Draws(rows)))
