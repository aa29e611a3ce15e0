"""Guesses which column feeds which node, and how it is prepared."""

from __future__ import annotations

from collections.abc import Sequence

from engine.data.preview import ColumnView
from engine.data.spec import Feed, Transform
from engine.data.transforms import Gray, Normalize, Resize, Scale
from engine.data.wants import Want, wants_of
from engine.layers.base import Signal
from engine.network import Network

_ANSWERS = ("label", "labels", "y", "target", "class", "answer")
_CATEGORIES = 50  # more of them are names or dates, not something to learn from


def feeds_for(network: Network, views: Sequence[ColumnView]) -> tuple[Feed, ...]:
    """A feed for every input and target for which a column is found; targets choose first."""
    wants = wants_of(network)
    feeds: dict[str, Feed] = {}
    taken: set[str] = set()
    for name, want in sorted(wants.items(), key=lambda item: not item[1].is_target):
        feed = _feed(name, want, [view for view in views if view.name not in taken])
        if feed is not None:
            feeds[name] = feed
            taken |= set(feed.names)
    return tuple(feeds[name] for name in wants if name in feeds)


def _feed(node: str, want: Want, views: Sequence[ColumnView]) -> Feed | None:
    signal = want.signal
    masks = [view for view in views if view.look == "masks"]
    if signal.values == "index" and len(signal.shape) == 2 and masks:
        return _mask(node, _likeliest(node, masks), signal)
    if signal.values == "index":
        found = [view for view in views if _holds_indices(view, signal)]
        return Feed(node, _likeliest(node, found, last=want.is_target).name) if found else None
    same = [view for view in views if len(view.shape) == len(signal.shape) and view.look in ("numbers", "pictures")]
    if len(signal.shape) == 3 and same:
        return _picture(node, _likeliest(node, same), signal)
    if len(signal.shape) == 1 and not [view for view in same if view.shape]:
        return _row(node, views)
    return Feed(node, _likeliest(node, same, last=want.is_target).name) if same else None


def _holds_indices(view: ColumnView, signal: Signal) -> bool:
    count = len(view.classes) or len(view.counts)
    is_whole = view.look in ("classes", "indices", "characters") or bool(view.counts)
    return is_whole and len(view.shape) == len(signal.shape) and 0 < count <= (signal.classes or count)


def _likeliest(node: str, views: Sequence[ColumnView], last: bool = False) -> ColumnView:
    """The one called like the node, or like an answer where it is one, else the first or the last."""
    names = (node, *(_ANSWERS if last else ()))
    named = [view for name in names for view in views if view.name.lower() == name.lower()]
    return named[0] if named else views[-1 if last else 0]


def _picture(node: str, view: ColumnView, signal: Signal) -> Feed:
    """Brought to 0 to 1, to grey where the node takes one channel, and to the node's size."""
    white = 255.0 if view.high > 16 else max(1.0, view.high)
    steps = [Transform(Scale(by=float(f"{1 / white:.7g}")))]
    if (view.shape[0], signal.shape[0]) == (3, 1):
        steps.append(Transform(Gray()))
    if view.shape[1:] != signal.shape[1:] and -1 not in signal.shape:
        steps.append(Transform(Resize(size=signal.shape[1:])))
    return Feed(node, view.name, white=white, transforms=tuple(steps))


def _mask(node: str, view: ColumnView, signal: Signal) -> Feed:
    """Brought to the node's size like its picture."""
    is_same = -1 in signal.shape or view.shape[1:] == signal.shape
    return Feed(node, view.name, transforms=() if is_same else (Transform(Resize(signal.shape, "nearest")),))


def _row(node: str, views: Sequence[ColumnView]) -> Feed | None:
    names = tuple(view.name for view in views if view.shape == () and len(view.classes) <= _CATEGORIES)
    return Feed(node, columns=names, transforms=(Transform(Normalize()),)) if names else None
