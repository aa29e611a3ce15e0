"""What can be wrong with a data spec before any value is looked at: feeds, columns, shares."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping

from engine.data.spec import DataSpec, Feed
from engine.data.stock import Stock
from engine.data.wants import Want
from engine.errors import Problem
from engine.network import Network


def columns_of(spec: DataSpec) -> frozenset[str]:
    """The columns that `spec` uses."""
    group = {spec.split.group} if spec.split and spec.split.group else set()
    return frozenset(name for feed in spec.feeds for name in feed.names) | group


def of_feeds(spec: DataSpec, network: Network, wants: Mapping[str, Want]) -> Iterator[Problem]:
    """Feeds that lead nowhere, nodes that are not fed or fed twice, shares that are more than all."""
    fed = [feed.node for feed in spec.feeds]
    for name in dict.fromkeys(fed):
        if name not in network:
            yield Problem(f"a feed names the node {name!r}, which is not there", hint=_meant(name, wants))
        elif name not in wants and network[name].state == "active":
            yield Problem("is fed with data, and is neither Input nor Target", node=name)
        if fed.count(name) > 1:
            yield Problem("is fed by more than one feed", node=name)
    for name in wants:
        if name not in fed:
            hint = f'say it in the data section: feed {{ node: "{name}" column: "…" }}'
            yield Problem("no feed says which column it gets", node=name, hint=hint)
    yield from _of_steps(spec.feeds, wants)
    if spec.split and spec.split.validation + spec.split.test >= 1:
        yield Problem("the split leaves nothing for training: validation and test together are 1 or more")


def _of_steps(feeds: Iterable[Feed], wants: Mapping[str, Want]) -> Iterator[Problem]:
    """Masks of what has no steps; more than one length by which batches are to be put together."""
    plain = {feed.node for feed in feeds if not feed.mask_of}
    for feed in feeds:
        if feed.mask_of and (feed.column or feed.columns or feed.transforms):
            yield Problem("its feed is a mask: it has no column and no transforms of its own", node=feed.node)
        elif feed.mask_of and (feed.mask_of not in plain or feed.mask_of not in wants):
            yield Problem(f"is the mask of {feed.mask_of!r}, which no feed gives anything", node=feed.node)
    if sum(feed.bucketed for feed in feeds) > 1:
        yield Problem("more than one feed is bucketed, and batches are put together by one length only")


def of_columns(spec: DataSpec, stock: Stock) -> Iterator[Problem]:
    """Columns that are wanted and not there."""
    for feed in spec.feeds:
        yield from _missing(feed, stock)
    if spec.split and spec.split.group and spec.split.group not in stock.known:
        yield Problem(f"split by group: {_not_there(spec.split.group, stock)}")


def _missing(feed: Feed, stock: Stock) -> Iterator[Problem]:
    for name in feed.names:
        if not name:
            yield Problem("its feed names no column", node=feed.node, hint=f"there are {', '.join(stock.known)}")
        elif name not in stock.columns:
            yield Problem(_not_there(name, stock), node=feed.node, hint=_meant(name, stock.known))


def _not_there(name: str, stock: Stock) -> str:
    return f"there is no column {name!r}, there are {', '.join(map(repr, stock.known))}"


def _meant(name: str, there: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(there), 1)
    return f"did you mean {close[0]!r}?" if close else ""
