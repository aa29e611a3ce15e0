"""What executes a network: one package a framework, loaded when it is first asked for."""

from __future__ import annotations

import importlib
import importlib.util
from typing import TYPE_CHECKING, cast

from engine.errors import DeviceError, Unsupported

if TYPE_CHECKING:
    from engine.backends.base import Backend

BACKENDS = {"mxnet": "engine.backends.gluon", "torch": "engine.backends.pytorch"}
"""The module of every backend; its name here is also that of the framework it needs."""


def available() -> tuple[str, ...]:
    """The backends whose framework is installed."""
    return tuple(name for name in BACKENDS if importlib.util.find_spec(name))


def backend(name: str) -> Backend:
    """The backend called `name`; its framework is imported now. Raises Unsupported."""
    module = BACKENDS.get(name)
    if module is None:
        raise Unsupported(f"there is no backend named {name!r}; there are: {', '.join(BACKENDS)}")
    if name not in available():
        raise Unsupported(f"{name} is not installed here; installed: {', '.join(available()) or 'none'}")
    return cast("Backend", importlib.import_module(module))


def check_device(name: str, devices: tuple[str, ...], device: str) -> None:
    """Raises DeviceError, listing those that are there, where `device` is none of the `devices` of the backend."""
    if device not in devices:
        raise DeviceError(f"{name} finds no device {device!r} here; there are: {', '.join(devices)}")
