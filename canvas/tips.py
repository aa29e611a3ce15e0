"""What a tooltip says about what the mouse is over."""

from __future__ import annotations

from html import escape

from canvas.hits import BoxHit, Hit, PointHit, PortHit, WireHit
from canvas.picture import Box, Picture
from canvas.texts import layer_text, shape_text
from engine.layers.base import Signal


def tip_for(picture: Picture, hit: Hit) -> str:
    """Rich text about what is there; empty where there is nothing to say."""
    if isinstance(hit, PortHit):
        return _port_tip(picture.boxes[hit.name], hit)
    if isinstance(hit, BoxHit):
        return _box_tip(picture.boxes[hit.name])
    if isinstance(hit, (WireHit, PointHit)):
        wire = picture.wires[hit.wire]
        return f"{escape(wire.source.name)} → {escape(wire.target.name)}<br>{_signal_text(wire.signal)}"
    return ""


def _box_tip(box: Box) -> str:
    lines = [f"<b>{escape(box.name)}</b> &nbsp;{escape(layer_text(box.node))}"]
    for problem in box.problems:
        lines.append(f"<b>{problem.severity.capitalize()}:</b> {escape(problem.message)}")
        if problem.hint:
            lines.append(f"<i>{escape(problem.hint)}</i>")
    if box.node.state != "active":
        lines.append(
            {"muted": "Muted: left out.", "bypassed": "Bypassed: its first input passes through."}[box.node.state]
        )
    if box.node.phase == "train":
        lines.append("Only while training.")
    if box.node.note:
        lines.append(escape(box.node.note))
    return "<br>".join(lines)


def _port_tip(box: Box, hit: PortHit) -> str:
    port = hit.port
    if port.side == "out":
        number = f" {port.number}" if len(box.outputs) > 1 else ""
        return f"output{number} of {escape(box.name)}<br>{_signal_text(box.output(port.number))}"
    slot = next((slot for slot in box.node.layer.SLOTS if slot.name == port.slot), None)
    if slot is None:
        return f"{escape(box.name)} has no input for this wire"
    kind = "any number of wires" if slot.many else "optional" if slot.optional else "one wire"
    return f"input <b>{escape(slot.name)}</b> of {escape(box.name)}, {kind}<br>Alt+click takes its wire away"


def _signal_text(signal: Signal | None) -> str:
    if signal is None:
        return "shape not known yet"
    kind = f", indices below {signal.classes}" if signal.classes else ", indices" if signal.values == "index" else ""
    return f"{shape_text(signal)}{kind}"
