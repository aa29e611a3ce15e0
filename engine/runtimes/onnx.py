"""ONNX files as onnxruntime runs them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.errors import Unreadable
from engine.runtimes import Array, Batch


def open_file(file: Path) -> Onnxruntime:
    """Raises Unreadable for a file that is not there, or that onnxruntime refuses."""
    import onnx

    try:
        data = file.read_bytes()
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror}", file=str(file)) from None
    try:
        return Onnxruntime(onnx.load_from_string(data))
    except Exception as error:  # both libraries raise classes of their own, which share no other base
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise Unreadable(f"is not an ONNX file that onnxruntime runs ({reason})", file=str(file)) from None


class Onnxruntime:
    """A file as onnxruntime runs it on the CPU."""

    def __init__(self, model: Any) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3  # errors alone; they come as exceptions too
        self.name = f"onnxruntime {onnxruntime.__version__}"
        self.model = model
        self._session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )

    @property
    def inputs(self) -> tuple[str, ...]:
        return tuple(value.name for value in self._session.get_inputs())

    @property
    def outputs(self) -> tuple[str, ...]:
        return tuple(value.name for value in self._session.get_outputs())

    def run(self, batch: Batch, outputs: Sequence[str]) -> list[Array]:
        """The values of `outputs`."""
        made: list[Array] = self._session.run(list(outputs), {name: batch[name] for name in self.inputs})
        return made

    def showing(self, names: Sequence[str]) -> tuple[Onnxruntime, tuple[str, ...]]:
        """The same file with the values `names`, as far as it has them, as outputs; and their names."""
        import onnx

        model = onnx.ModelProto()
        model.CopyFrom(self.model)
        made = {name for node in model.graph.node for name in node.output}
        shown = tuple(name for name in names if name in made)
        del model.graph.output[:]
        model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in shown)
        return Onnxruntime(model), shown
