"""A symbol read operator by operator: nodes of the catalogue, arrays, and what is not known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from engine.errors import NetwrightError
from engine.formats.imported import Imported, Note
from engine.formats.mxnet import (  # noqa: F401 - their rules
    arithmetic,
    arranging,
    losses,
    plain,
    recurrent,
    reshaping,
    weighted,
)
from engine.formats.mxnet.draft import ENDINGS, Draft
from engine.formats.mxnet.entering import SIDES, USUAL, Entrance, Entrances
from engine.formats.mxnet.folding import FILLED, FOLDS, filled, folded
from engine.formats.mxnet.operator import RULES, Operator
from engine.formats.mxnet.symbols import Entry, Symbol
from engine.formats.mxnet.values import Array, Given, Unmapped, Value, Variable, Wire
from engine.formats.mxnet.words import Words
from engine.layers.arranging import Identity
from engine.layers.unknown import Unknown
from engine.model import Model
from engine.network import Network

SILENT = ("workspace", "cudnn_tune", "cudnn_off", "num_args", "dtype", "layout", "ctx")
"""Settings of how fast it goes and where, not of what it computes."""
MOST = 2_000
"""Operators of a network whose input's size is searched for; of more than FEW among the usual sizes alone."""
FEW = 200


@dataclass(frozen=True)
class Reading:
    """A symbol and the arrays that belong to it."""

    symbol: Symbol
    arrays: Mapping[str, Array]

    def imported(self, name: str, beside: Path | None = None) -> Imported:
        """The model with its weights."""
        draft, notes = self._fitting()
        network = Network(tuple(draft.nodes.values()))
        unused = [array for array in self.arrays if array not in draft.used]
        if unused:
            notes.append(Note("ignored", "", f"arrays that no layer uses: {', '.join(unused)}"))
        return Imported(Model(name=name, network=network), draft.weights, (*draft.notes, *notes), beside)

    def _fitting(self) -> tuple[Draft, list[Note]]:
        """What is drawn for the inputs' shapes as far as they are known, with sides that go with the weights."""
        known = {name: entrance for name, entrance in self._entrances.items() if entrance.signal}
        draft = self._drawn(known)
        asked = {name: it for name, it in self._entrances.items() if name in draft.entered and not it.is_said}
        notes = [_asked(name, it) for name, it in asked.items()]
        open_ = [name for name, it in known.items() if it.signal and it.signal.shape[1:].count(-1) and not it.is_said]
        is_searched = draft.wants_sides and len(open_) == 1 and len(self.symbol.entries) <= MOST
        sides = SIDES if len(self.symbol.entries) <= FEW else SIDES[:USUAL]
        for side in sides if is_searched else ():
            (name,) = open_
            signal = known[name].signal
            assert signal is not None
            shape = tuple(side if n < 0 and place else n for place, n in enumerate(signal.shape))
            if shape[0] < 0:
                break
            tried = self._drawn({**known, name: replace(known[name], signal=replace(signal, shape=shape))})
            if not tried.misfits:
                size = " × ".join(map(str, shape))
                told = f"its size is not said in the file; {size} is the first that goes with the weights"
                return tried, [*(note for note in notes if note.part != name), Note("approximated", name, told)]
        return draft, notes

    def _drawn(self, entrances: Mapping[str, Entrance]) -> Draft:
        draft = Draft(
            self.arrays,
            {name: it.signal for name, it in entrances.items() if it.signal},
            {name: it.batch for name, it in entrances.items() if it.batch},
            frozenset(entry.name for entry in self.symbol.entries if not entry.is_variable),
        )
        values: dict[tuple[int, int], Value] = {}
        for place, entry in enumerate(self.symbol.entries):
            made = self._read(place, entry, values, draft)
            values |= {(place, output): value for output, value in enumerate(made)}
        for place, output in self.symbol.heads:
            self._end(values.get((place, output)), place, draft)
        return draft

    @cached_property
    def _entrances(self) -> Mapping[str, Entrance]:
        found = Entrances(self.symbol, self.arrays)
        return {
            entry.name: found.of(place)
            for place, entry in enumerate(self.symbol.entries)
            if entry.is_variable and entry.name not in self.arrays and not entry.name.endswith(ENDINGS)
        }

    @cached_property
    def _used(self) -> Mapping[int, frozenset[int]]:
        """Which outputs of each entry other entries take."""
        used: dict[int, set[int]] = {}
        for entry in self.symbol.entries:
            for place, output in entry.inputs:
                used.setdefault(place, set()).add(output)
        return {place: frozenset(outputs) for place, outputs in used.items()}

    def _read(
        self, place: int, entry: Entry, values: Mapping[tuple[int, int], Value], draft: Draft
    ) -> tuple[Value, ...]:
        """What an entry gives."""
        if entry.is_variable:
            return (Variable(entry.name, entry.marks),)
        said = Words(entry.settings)
        entering = [values.get(source) for source in entry.inputs]
        used = self._used.get(place, frozenset())
        try:
            if None in entering:
                raise Unmapped("it takes an output that nothing stands for")
            inputs = tuple(value for value in (*entering, *self._averages(entry)) if value is not None)
            made = _made(Operator(entry, inputs, said, draft, used))
        except (ValueError, IndexError, ZeroDivisionError):  # a stranger's settings may say anything
            return self._unknown(entry, entering, max(used, default=0) + 1, "its settings do not go together", draft)
        except (Unmapped, NetwrightError) as error:
            return self._unknown(entry, entering, max(used, default=0) + 1, str(error), draft)
        rest = [name for name in said.unasked if name not in SILENT]
        if rest and entry.kind in RULES:
            draft.tell("ignored", entry.name, f"{entry.kind} has {', '.join(rest)}, for which there is no place here")
        return made

    def _averages(self, entry: Entry) -> Sequence[Value]:
        """The running averages of a normalisation: files before 0.9 have them by name alone."""
        if entry.kind not in ("BatchNorm", "BatchNorm_v1", "CuDNNBatchNorm") or len(entry.inputs) != 3:
            return ()
        return tuple(Variable(f"{entry.name}_{name}", {}) for name in ("moving_mean", "moving_var"))

    def _unknown(
        self, entry: Entry, entering: Sequence[Value | None], count: int, why: str, draft: Draft
    ) -> tuple[Value, ...]:
        """A place kept for an operator, with its text."""
        settled = [draft.settled(value) if isinstance(value, Variable) else value for value in entering]
        wires = tuple(value for value in settled if isinstance(value, Wire))
        arrays = [value.owner for value in settled if isinstance(value, Given) and value.owner]
        layer = Unknown(format="mxnet", type=entry.kind, count=count, text=entry.text)
        lost = f"; its arrays are left out: {', '.join(arrays)}" if arrays else ""
        return draft.unknown(entry.name, layer, wires, why + lost)

    def _end(self, value: Value | None, place: int, draft: Draft) -> None:
        """An output of the whole: a node of its own where something else takes it too."""
        if not isinstance(value, Wire):
            draft.tell("ignored", self.symbol.entries[place].name, "is an output that does not depend on samples")
        elif any(link.node == value.link.node for node in draft.nodes.values() for link in node.inputs):
            draft.put(f"{self.symbol.entries[place].name}_output", Identity(), (value,), {}, value.shape)


def _made(op: Operator) -> tuple[Value, ...]:
    """What an operator gives. Raises Unmapped, and NetwrightError where its settings are none."""
    kind = op.entry.kind
    if kind in FILLED:
        return (filled(kind, op.set),)
    if kind in FOLDS and op.inputs and all(_is_given(value, op.draft) for value in op.inputs):
        return (folded(kind, op.set, [op.given(place) for place in range(len(op.inputs))]),)
    rule = RULES.get(kind)
    if rule is None:
        raise Unmapped("no layer stands for it")
    made = rule(op)
    return made if isinstance(made, tuple) else (made,)


def _is_given(value: Value, draft: Draft) -> bool:
    if isinstance(value, Variable):
        known = value.name in draft.arrays or value.name.endswith(ENDINGS)
        return known and value.name not in draft.inputs
    return isinstance(value, Given)


def _asked(name: str, entrance: Entrance) -> Note:
    shape = entrance.signal.shape if entrance.signal else ()
    if shape and -1 not in shape:
        return Note("mapped", name, "its shape is not said in the file; it is the one that goes with the weights")
    return Note("approximated", name, "its shape is not said in the file: give it one, and what follows has one too")
