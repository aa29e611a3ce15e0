"""The inspector's page for selected nodes: name, layer, fields, figures, weights, note."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QToolButton, QVBoxLayout, QWidget

from designer import figures
from designer.form import Form
from designer.panels.facts import Facts, rule
from designer.panels.help import HelpPage
from designer.selection import Names
from engine.declare import fields_of
from engine.errors import NetwrightError
from engine.layers import Layer
from engine.model import Model
from engine.naming import renamed
from engine.network import Network
from engine.node import Node
from engine.report import NodeReport, Report

ELSEWHERE = ("name", "inputs", "layer", "bind", "kept", "note")
"""Fields of a node that the page shows in its own way, or that are edited elsewhere."""


class NodePage(QWidget):
    """Edits the selected nodes; several of one layer are changed together."""

    edited = Signal(str, object)
    selected = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = Model()
        self._names: Names = ()
        self._forms: dict[type[Layer], Form] = {}
        self._shown: type[Layer] | None = None
        self.name = QLineEdit()
        self.name.setProperty("role", "title")
        self.name.setAccessibleName("Name of the node")
        self.refusal = QLabel()
        self.refusal.setProperty("role", "refusal")
        self.refusal.setWordWrap(True)
        self.refusal.hide()
        self.layer = QLabel()
        self.layer.setProperty("role", "accent")
        self.facts = Facts()
        self.more = Form(Node, skip=ELSEWHERE)
        self.note = Form(Node, skip=[field.name for field in fields_of(Node) if field.name != "note"])
        self._help = QToolButton()
        self._help.setText("?")
        self._help.setProperty("role", "plain")
        self._help.setToolTip("What this layer does")
        self._page: HelpPage | None = None
        self._arrange()
        self.name.editingFinished.connect(self._rename)
        self._help.clicked.connect(self.explain)
        for form in (self.more, self.note):
            form.edited.connect(self._change_node)

    def _arrange(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self.name, 1)
        head.addWidget(self._help)
        self._form_place = QVBoxLayout()
        self._form_place.setContentsMargins(0, 8, 0, 4)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 16)
        layout.setSpacing(8)
        layout.addLayout(head)
        layout.addWidget(self.refusal)
        layout.addWidget(self.layer)
        layout.addLayout(self._form_place)
        for widget in (rule(), self.facts, rule(), self.more, self.note):
            layout.addWidget(widget)
        layout.addStretch(1)

    @property
    def form(self) -> Form | None:
        """The form of the layer that is shown."""
        return self._forms.get(self._shown) if self._shown else None

    def display(self, model: Model, report: Report, names: Names) -> None:
        """Show the nodes `names`; where there are several, the first one's values."""
        is_other = names != self._names
        self._model, self._names = model, names
        node = model.network[names[0]]
        if is_other or not self.name.isModified():
            self.name.setText(node.name if len(names) == 1 else f"{len(names)} nodes")
        self.name.setReadOnly(len(names) > 1)
        self._refuse("")
        kinds = {type(model.network[name].layer) for name in names}
        self.layer.setText(_kind(node.layer) if len(kinds) == 1 else ", ".join(sorted(k.__name__ for k in kinds)))
        self._help.setVisible(len(kinds) == 1)
        self._show_form(node.layer if len(kinds) == 1 else None)
        self.more.display(node)
        self.more.offer("weight", bool(node.weight or any(report.nodes.get(n, NodeReport()).weights for n in names)))
        self.note.display(node)
        self.note.setVisible(len(names) == 1)
        self.facts.display(_facts(model.network, report, names))

    def _show_form(self, layer: Layer | None) -> None:
        for cls, form in self._forms.items():
            form.setVisible(layer is not None and cls is type(layer))
        self._shown = type(layer) if layer is not None else None
        if layer is None:
            return
        if type(layer) not in self._forms:
            made = Form(type(layer))
            made.edited.connect(self._change_layer)
            self._form_place.addWidget(made)
            self._forms[type(layer)] = made
        self._forms[type(layer)].display(layer)

    def _rename(self) -> None:
        old, new = self._names[0], self.name.text().strip()
        if len(self._names) > 1 or new == old:
            return
        try:
            model = renamed(self._model, old, new)
        except NetwrightError as error:
            self._refuse(error.message)
            return
        self._names = (new,)
        self.name.setModified(False)
        self.edited.emit(f"Rename {old} to {new}", model)
        self.selected.emit((new,))

    def _refuse(self, reason: str) -> None:
        self.refusal.setText(reason)
        self.refusal.setVisible(bool(reason))

    def _change_layer(self, what: str, layer: Layer) -> None:
        first = self._model.network[self._names[0]].layer
        changes = _differences(first, layer)
        self._change(what, lambda node: replace(node, layer=replace(node.layer, **changes)))

    def _change_node(self, what: str, node: Node) -> None:
        changes = _differences(self._model.network[self._names[0]], node)
        self._change(what, lambda other: replace(other, **changes))

    def _change(self, what: str, change: Any) -> None:
        network = self._model.network
        for name in self._names:
            network = network.change(name, change)
        whose = self._names[0] if len(self._names) == 1 else f"{len(self._names)} nodes"
        self.edited.emit(f"Change {what} of {whose}", replace(self._model, network=network))

    def explain(self) -> None:
        """Show the layer's help."""
        if self._page is None:
            self._page = HelpPage(self)
        self._page.explain(type(self._model.network[self._names[0]].layer))


def _kind(layer: Layer) -> str:
    return f"{type(layer).__name__} · {layer.FAMILY}"


def _differences(before: Any, after: Any) -> dict[str, Any]:
    """The fields in which two records of one class differ, with what `after` has."""
    return {
        field.name: getattr(after, field.name)
        for field in fields_of(type(after))
        if getattr(after, field.name) != getattr(before, field.name)
    }


def _facts(network: Network, report: Report, names: Names) -> list[tuple[str, str]]:
    """What the nodes take, give and cost."""
    found = [report.nodes.get(name, NodeReport()) for name in names]
    shapes = _shapes(network[names[0]], report) if len(names) == 1 else []
    weights = [(f"{w.name}", f"{figures.shape(w.shape)}") for w in found[0].weights] if len(names) == 1 else []
    return [
        *shapes,
        ("Parameters", figures.count(sum(node.params for node in found))),
        ("Multiply-adds", figures.short(sum(node.macs for node in found))),
        ("Activations", f"{figures.size(sum(node.memory for node in found))} / sample"),
        *weights,
    ]


def _shapes(node: Node, report: Report) -> list[tuple[str, str]]:
    """A row for everything that enters, one for everything that leaves."""
    rows = []
    for link in node.wires:
        outputs = report.nodes.get(link.node, NodeReport()).outputs
        shape = figures.shape(outputs[link.output].shape) if link.output < len(outputs) else "not known"
        rows.append((f"In {link.slot}" if len(node.wires) > 1 else "In", shape))
    outputs = report.nodes.get(node.name, NodeReport()).outputs
    rows += [
        (f"Out {place}" if len(outputs) > 1 else "Out", figures.shape(signal.shape))
        for place, signal in enumerate(outputs)
    ]
    return rows
