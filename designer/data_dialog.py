"""The data dialogue: choose a source, say which column feeds which node, see what the network gets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

import resources
from canvas.background import Background
from designer.bundled import Offers, bundled, entry
from designer.form import Form
from designer.panels.data import fed, named, reading
from designer.panels.samples import SampleStrip
from designer.tone import set_tone
from designer.wording import title
from engine.data.places import located
from engine.data.spec import DataSpec, Feed, Split
from engine.layers.data import Input, Target
from engine.model import Model
from engine.node import Node

if TYPE_CHECKING:
    from designer.samples import Preview

WIDEST = 480
"""Pixels of a form at most: a line that is filled in is not longer for the dialogue being wide."""
PICTURE = 3
"""Axes of a picture: channels, height, width."""
SEVERAL = "several: "
MASK = "mask of "
NO_COLUMN = "choose a column"
NOTHING_TO_FEED = "The network has no inputs and targets yet that these data could feed."


class DataDialog(QDialog):
    """Offers a data spec; nothing in the model changes before OK."""

    def __init__(self, model: Model, base: Path, parent: QWidget, source: Path | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Data")
        self.resize(880, 640)
        self._model = model
        self._base = base
        self._looked_at = ""
        self._spec = located(model.data, base)
        self._guesser = Background(self)
        self._guesser.done.connect(self._take)
        self._guesser.failed.connect(lambda reason: self._say(f"{self._looked_at}: {reason}", "bad"))
        self._columns = Background(self)
        self._columns.done.connect(self._list_columns)
        self._columns.failed.connect(lambda reason: self._say(reason, "bad"))
        self._reader = Background(self)
        self._reader.done.connect(self._show)
        self._reader.failed.connect(self._refuse)
        self._names: tuple[str, ...] = ()
        self._arrange()
        self._build()
        if source is not None:
            self.choose(source)
        elif self._spec.sources:
            self._read()
        else:
            self._say("")

    def spec(self) -> DataSpec:
        """The data spec as it was chosen."""
        return self._spec

    def choose(self, path: Path) -> None:
        """Look at the file or folder `path` and guess what feeds what."""
        network = self._model.network
        self._looked_at = path.name
        self._say(f"Looking at {path.name} …")

        def guess() -> DataSpec:
            from engine.data.suggest import suggest_spec

            return suggest_spec(path, network)

        self._guesser.call(guess)

    def _arrange(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 12)
        layout.setSpacing(12)
        layout.addLayout(self._head())
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.offers = Offers()
        self.offers.chosen.connect(lambda name: self.choose(entry(name)))
        for page in (self.offers, self.tabs):
            layout.addWidget(page, 1)
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setProperty("role", "secondary")
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.samples = SampleStrip()
        self.samples.setFixedHeight(190)
        layout.addWidget(self.words)
        layout.addWidget(self.samples)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self.ok = buttons.button(QDialogButtonBox.StandardButton.Ok)
        layout.addWidget(buttons)

    def _head(self) -> QHBoxLayout:
        self.source = QLabel()
        self.source.setProperty("role", "title")
        self.shipped = QComboBox()
        self.shipped.addItem("Bundled data")
        self.shipped.setAccessibleName("Data that ship with Netwright")
        for name in bundled():
            self.shipped.addItem(name)
        self.shipped.activated.connect(self._choose_bundled)
        file = QPushButton("File…")
        file.setToolTip("NumPy, table, Parquet, IDX, RecordIO, LMDB or text")
        file.clicked.connect(self._choose_file)
        folder = QPushButton("Folder…")
        folder.setToolTip("Pictures in a folder for each class, pictures and masks, or a folder of tables or arrays")
        folder.clicked.connect(self._choose_folder)
        row = QHBoxLayout()
        row.addWidget(self.source, 1)
        for widget in (self.shipped, file, folder):
            row.addWidget(widget)
        return row

    def _choose_bundled(self, number: int) -> None:
        if number:
            self.choose(entry(self.shipped.itemText(number)))

    def _choose_file(self) -> None:
        kinds = "Data (*.npz *.npy *.csv *.tsv *.tab *.parquet *.rec *.mdb *.gz *.idx* *ubyte *.txt);;All files (*)"
        name, _ = QFileDialog.getOpenFileName(self, "Choose a file", "", kinds)
        if name:
            self.choose(Path(name))

    def _choose_folder(self) -> None:
        name = QFileDialog.getExistingDirectory(self, "Choose a folder")
        if name:
            self.choose(Path(name))

    def _take(self, spec: DataSpec) -> None:
        self._spec = _portable(spec)
        self._build()
        self._read()

    def _build(self) -> None:
        """Make the forms anew for the spec's kind of source."""
        while self.tabs.count():
            widget = self.tabs.widget(0)
            self.tabs.removeTab(0)
            if widget is not None:
                widget.deleteLater()
        self._combos: dict[str, QComboBox] = {}
        sources = self._spec.sources
        self.source.setText(named(self._spec) if sources else "Choose data")
        self.offers.setVisible(not sources)
        for widget in (self.tabs, self.samples):
            widget.setVisible(bool(sources))
        self.ok.setEnabled(bool(sources))
        self.ok.setDefault(bool(sources))
        if sources:
            self.tabs.addTab(self._feeds_page(), "What feeds what")
            self.tabs.addTab(self._form_page(type(sources[0].rule), sources[0].rule, self._change_rule), "Source")
            self.tabs.addTab(self._form_page(Split, self._spec.split or Split(), self._change_split), "Split")

    def _feeds_page(self) -> QWidget:
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setSpacing(8)
        for node in fed(self._model):
            layout.addLayout(self._feed_row(node, self._feed(node.name)))
            form = Form(Feed, skip=("node", "column", "columns"), depth=1)
            form.setMaximumWidth(WIDEST)
            form.display(self._feed(node.name))
            for field in idle_fields(node, self._feed(node.name)):
                form.offer(field, False)
            form.edited.connect(lambda _, feed: self._change_preparation(feed))
            layout.addWidget(form)
        layout.addStretch(1)
        return _scrolling(page)

    def _feed_row(self, node: Node, feed: Feed) -> QHBoxLayout:
        combo = QComboBox()
        combo.setAccessibleName(f"Column that feeds {node.name}")
        combo.activated.connect(lambda _: self._change_column(node.name, combo.currentText()))
        self._combos[node.name] = combo
        self._fill_combo(combo, feed)
        name = QLabel(node.name)
        name.setProperty("role", "heading")
        kind = QLabel(f"{title(type(node.layer))} · {node.layer.brief()}")
        kind.setProperty("role", "secondary")
        row = QHBoxLayout()
        row.addWidget(name)
        row.addWidget(kind)
        row.addStretch(1)
        row.addWidget(combo)
        return row

    def _form_page(self, cls: Any, record: Any, change: Any) -> QWidget:
        page = QWidget()
        layout = QVBoxLayout(page)
        form = Form(cls)
        form.setMaximumWidth(WIDEST)
        form.display(record)
        form.edited.connect(lambda _, changed: change(changed))
        layout.addWidget(form)
        layout.addStretch(1)
        return _scrolling(page)

    def _change_rule(self, rule: Any) -> None:
        first, *others = self._spec.sources
        self._change(sources=(replace(first, rule=rule), *others))

    def _change_split(self, split: Split) -> None:
        self._change(split=split)

    def _change_column(self, node: str, column: str) -> None:
        if column in self._names:
            self._change_feed(replace(self._feed(node), column=column, columns=(), mask_of=""))

    def _change_preparation(self, feed: Feed) -> None:
        """Take all but the columns from a form, which does not show them."""
        now = self._feed(feed.node)
        self._change_feed(replace(feed, column=now.column, columns=now.columns))

    def _change_feed(self, feed: Feed) -> None:
        self._change(feeds=tuple({**self._feeds, feed.node: feed}.values()))

    @property
    def _feeds(self) -> Mapping[str, Feed]:
        return {feed.node: feed for feed in self._spec.feeds}

    def _feed(self, node: str) -> Feed:
        """What feeds `node`, or a feed that is still to be filled in."""
        return self._feeds.get(node, Feed(node))

    def _change(self, **fields: Any) -> None:
        self._spec = replace(self._spec, **fields)
        self._read()

    def _read(self) -> None:
        self._say("Reading …")
        spec, base = self._spec, self._base

        def names() -> tuple[str, ...]:
            from engine.data.stock import opened

            return opened(spec, base, frozenset()).known

        self._columns.call(names)
        if fed(self._model):
            self._reader.call(reading(spec, self._model, self._base))

    def _list_columns(self, names: tuple[str, ...]) -> None:
        self._names = names
        for node, combo in self._combos.items():
            self._fill_combo(combo, self._feed(node))
        if not self._combos:
            self._say(f"{NOTHING_TO_FEED}\nColumns: {', '.join(names)}")

    def _fill_combo(self, combo: QComboBox, feed: Feed) -> None:
        combo.clear()
        shown = _taken(feed)
        combo.addItems(list(self._names) if shown in self._names else [shown, *self._names])
        combo.setCurrentText(shown)
        combo.setMaximumWidth(420)

    def _show(self, preview: Preview) -> None:
        self.samples.display(preview)
        parts = " · ".join(f"{count:,} {part}" for part, count in preview.parts.items() if count)
        self._say("\n".join((parts, *preview.notes)))

    def _refuse(self, reason: str) -> None:
        self.samples.clear()
        self._say(reason, "bad")

    def _say(self, words: str, tone: str = "") -> None:
        set_tone(self.words, tone)
        self.words.setText(words)


def _taken(feed: Feed) -> str:
    """What a feed takes, in words where it is not one column."""
    if feed.columns:
        return SEVERAL + ", ".join(feed.columns)
    return MASK + feed.mask_of if feed.mask_of else feed.column or NO_COLUMN


def idle_fields(node: Node, feed: Feed) -> tuple[str, ...]:
    """Fields of a feed that mean nothing for `node`: names of classes are a target's, white is a picture's."""
    shape = getattr(node.layer, "sizes", ())
    meant = {
        "labels": isinstance(node.layer, Target),
        "white": isinstance(node.layer, Input) and len(shape) == PICTURE,
        "mask_of": isinstance(node.layer, Input) and len(shape) == 1,
        "bucketed": any(axis < 0 for axis in shape),
    }
    usual = Feed(feed.node)
    return tuple(name for name, is_meant in meant.items() if not is_meant and _same(name, feed, usual))


def _same(name: str, feed: Feed, other: Feed) -> bool:
    return bool(getattr(feed, name) == getattr(other, name))


def _portable(spec: DataSpec) -> DataSpec:
    """What lies among the bundled data is named so, whatever folder the program is in."""
    return replace(spec, sources=tuple(replace(s, rule=_named_bundled(s.rule)) for s in spec.sources))


def _named_bundled(rule: Any) -> Any:
    folder = resources.path("data")
    paths = {name: Path(getattr(rule, name)) for name in rule.PATHS}
    inside = {name: path.relative_to(folder) for name, path in paths.items() if path.is_relative_to(folder)}
    return replace(rule, **{name: f"bundled:{path.as_posix()}" for name, path in inside.items()})


def _scrolling(page: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setWidget(page)
    return area
