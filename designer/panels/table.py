"""Which panels there are: a line for each. Adding one only adds a line and its factory."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from designer.desk import Desk
from designer.dock import Panel

LEFT = Qt.DockWidgetArea.LeftDockWidgetArea
RIGHT = Qt.DockWidgetArea.RightDockWidgetArea
BOTTOM = Qt.DockWidgetArea.BottomDockWidgetArea


def _layers(desk: Desk) -> QWidget:
    from designer.panels.palette import Palette

    return Palette(desk.appearance.theme)


def _gallery(desk: Desk) -> QWidget:
    from designer.panels.gallery import Gallery

    return Gallery(desk.appearance.theme)


def _inspector(desk: Desk) -> QWidget:
    from designer.panels.inspector import Inspector

    return Inspector()


def _schema(desk: Desk) -> QWidget:
    from designer.panels.schema import Schema

    made = Schema(desk.appearance.theme)
    made.undo_wanted.connect(desk.document.history.undo)
    made.redo_wanted.connect(desk.document.history.redo)
    return made


def _summary(desk: Desk) -> QWidget:
    from designer.panels.summary import Summary

    return Summary(desk.document, desk.settings)


def _problems(desk: Desk) -> QWidget:
    from designer.panels.problems import Problems

    return Problems(desk.appearance.theme)


def _training(desk: Desk) -> QWidget:
    from designer.panels.training import TrainingPanel

    return TrainingPanel(desk.training, desk.document, desk.settings, desk.appearance.theme)


def _results(desk: Desk) -> QWidget:
    from designer.panels.results import ResultsPanel

    return ResultsPanel(desk.training, desk.document, desk.appearance.theme)


def _data(desk: Desk) -> QWidget:
    from designer.panels.data import DataPanel

    return DataPanel(desk.document, desk.appearance.theme)


def _trying(desk: Desk) -> QWidget:
    from designer.panels.trying import TryPanel

    return TryPanel(desk.training, desk.appearance.theme)


def _runs(desk: Desk) -> QWidget:
    from designer.panels.runs import RunsPanel

    return RunsPanel(desk.training)


def _log(desk: Desk) -> QWidget:
    from designer.panels.log import LogPanel

    return LogPanel(desk.training)


PANELS = (
    Panel("layers", "Layers", LEFT, _layers),
    Panel("gallery", "Gallery", LEFT, _gallery),
    Panel("inspector", "Inspector", RIGHT, _inspector, merges=True),
    Panel("schema", "Schema", RIGHT, _schema, merges=True),
    Panel("summary", "Summary", RIGHT, _summary),
    Panel("training", "Training", BOTTOM, _training),
    Panel("results", "Results", BOTTOM, _results),
    Panel("data", "Data", BOTTOM, _data),
    Panel("trying", "Try", BOTTOM, _trying),
    Panel("runs", "Runs", BOTTOM, _runs),
    Panel("problems", "Problems", BOTTOM, _problems),
    Panel("log", "Log", BOTTOM, _log),
)
