"""The kinds of sources, as the schema declares them; each loads its reader when it is opened."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from engine.data.spec import SOURCES, SourceRule
from engine.declare import Record, Spelled
from engine.layers.base import Count, Natural

if TYPE_CHECKING:
    from engine.data.columns import Table

Kind = Literal["auto", "number", "category", "picture", "mask", "array"]
Missing = Literal["error", "drop", "mean", "median", "constant"]
Columns = frozenset[str] | None
Folder = Annotated[str, "Where the files lie that a column of pictures names; empty: beside the table."]
Colors = Annotated[Literal["rgb", "gray"], "Three channels or one."]
Background = Annotated[Literal["white", "black"], "What shows through transparent pixels."]


class Series(Record):
    """An array that holds series of unequal lengths.

    With `lengths` they lie end to end along its first axis, or each in a row of its own that is as long as the
    longest; without, such rows are filled up with NaN.
    """

    name: str = ""
    lengths: Annotated[str, "The array of their lengths."] = ""


@SOURCES.declare
class NPZ(SourceRule):
    """A NumPy archive: every array is a column, its first axis counts the samples. Uncompressed ones stay on disk."""

    path: str = ""
    series: Annotated[tuple[Series, ...], "Which arrays hold series of unequal lengths."] = ()

    def open(self, base: Path, columns: Columns = None) -> Table:
        from engine.data import npz

        return npz.read(self, base, columns)


@SOURCES.declare
class NPY(SourceRule):
    """NumPy arrays that stay on disk: a file is a column by its name without `.npy`, a folder holds several."""

    path: str = ""
    series: Annotated[tuple[Series, ...], "Which arrays hold series of unequal lengths."] = ()

    def open(self, base: Path, columns: Columns = None) -> Table:
        from engine.data import npy

        return npy.read(self, base, columns)


@SOURCES.declare
class ImageFolder(SourceRule):
    """A folder of class folders of pictures in any mode: columns `image` (0 to 255) and `label`."""

    path: str = ""
    mode: Colors = "rgb"
    background: Background = "white"
    nested: Annotated[
        bool, "Every folder with pictures, however deep, is a class: `cat/black`; else the outermost."
    ] = False
    classes: Annotated[tuple[str, ...], Spelled("class"), "The folders, in order; none: all, sorted."] = ()

    def open(self, base: Path, columns: Columns = None) -> Table:
        from engine.data import image_folder

        return image_folder.read(self, base)

    def settled(self, table: Table) -> SourceRule:
        from engine.data import image_folder

        return image_folder.settled(self, table)


@SOURCES.declare
class MaskFolders(SourceRule):
    """Pictures and the masks that tell every pixel's class: columns `image` and `mask` (1, height, width).

    The folders' files are paired by their names without the ending. A mask has one number a pixel, its palette's or
    its brightness; a value that says "none of them", 255 by custom, is what the loss's `ignore_index` names.
    """

    PATHS: ClassVar[tuple[str, ...]] = ("images", "masks")

    images: str = ""
    masks: str = ""
    mode: Colors = "rgb"
    background: Background = "white"
    values: Annotated[
        tuple[Natural, ...],
        Spelled("value"),
        "The masks' values of the classes, in order, others become 255; none: they are the classes' numbers.",
    ] = ()

    def open(self, base: Path, columns: Columns = None) -> Table:
        from engine.data import masks

        return masks.read(self, base)


@SOURCES.declare
class RecordIO(SourceRule):
    """MXNet's records of encoded pictures, `.rec`, with the `.idx` beside it where there is one: `image` and `label`.

    A record with several labels gives a row of them, records with different numbers of labels series.
    """

    SPELLING: ClassVar[str] = "recordio"

    path: str = ""
    mode: Colors = "rgb"
    background: Background = "white"

    def open(self, base: Path, columns: Columns = None) -> Table:
        from engine.data import recordio

        return recordio.read(self, base)


@SOURCES.declare
class LMDB(SourceRule):
    """Caffe's database of Datum, a folder or file: columns `image` (channel, height, width) and `label`."""

    path: str = ""
    mode: Colors = "rgb"
    background: Background = "white"
    order: Annotated[
        Literal["bgr", "rgb"], "The colours of raw bytes as they are stored; in the column red is first."
    ] = "bgr"

    def open(self, base: Path, columns: Columns = None) -> Table:
        from engine.data import lmdb

        return lmdb.read(self, base)


class TableColumn(Record):
    """What is said of one column of a table."""

    name: str = ""
    kind: Annotated[Kind, "`auto`: numbers where every cell is one. A cell of pictures or masks names a file."] = "auto"
    missing: Annotated[Missing | None, "Another policy than the table's."] = None
    fill: Annotated[str, "What `constant` puts in place; empty: 0, or a category of its own, `missing`."] = ""
    values: Annotated[tuple[str, ...], Spelled("value"), "The categories, in order; none: all, sorted."] = ()

    @property
    def is_picture(self) -> bool:
        """Whether it holds pictures or masks."""
        return self.kind in ("picture", "mask")


@SOURCES.declare
class CSV(SourceRule):
    """A table of numbers, categories and the names of picture files.

    Where a cell is missing, `missing` says what to do: stop with an error, drop the row, or put in the training part's
    mean or median (of categories the commonest), or a constant (of categories one of its own, `missing`). A row whose
    target is missing is never filled but dropped.
    """

    PATHS: ClassVar[tuple[str, ...]] = ("path", "folder")

    path: str = ""
    delimiter: Annotated[str, "What stands between cells; `tab` for a tabulator."] = ","
    decimal: Annotated[str, "The decimal sign."] = "."
    header: Annotated[bool, "Whether the first line names the columns; else they are `1`, `2`, …"] = True
    blank: Annotated[tuple[str, ...], "Cells that say that there is no value."] = ("", "NA", "N/A", "NaN", "nan", "?")
    missing: Annotated[Missing, "What is done where a cell is missing."] = "error"
    folder: Folder = ""
    mode: Colors = "rgb"
    background: Background = "white"
    columns: Annotated[tuple[TableColumn, ...], Spelled("column")] = ()

    def open(self, base: Path, columns: Columns = None) -> Table:
        from engine.data import csv

        return csv.read(self, base, columns)

    def settled(self, table: Table) -> SourceRule:
        from engine.data import tables

        return tables.settled(self, table)


@SOURCES.declare
class Parquet(SourceRule):
    """A table in Apache's Parquet, one file or all of a folder, of which only what is at work is in memory.

    Columns are numbers, categories (texts, dictionaries), arrays (lists, ragged where their lengths differ) and
    pictures (encoded bytes, alone or beside a path). What is missing is treated as in a CSV; of arrays and pictures
    it is an error, or the row is dropped.
    """

    PATHS: ClassVar[tuple[str, ...]] = ("path", "folder")

    path: str = ""
    missing: Annotated[Missing, "What is done where a value is missing."] = "error"
    folder: Folder = ""
    mode: Colors = "rgb"
    background: Background = "white"
    columns: Annotated[tuple[TableColumn, ...], Spelled("column")] = ()

    def open(self, base: Path, columns: Columns = None) -> Table:
        from engine.data import parquet

        return parquet.read(self, base, columns)

    def settled(self, table: Table) -> SourceRule:
        from engine.data import tables

        return tables.settled(self, table)


@SOURCES.declare
class IDX(SourceRule):
    """LeCun's IDX format, gzipped or not: columns `image` (channel, height, width) and `label`."""

    PATHS: ClassVar[tuple[str, ...]] = ("images", "labels")

    images: str = ""
    labels: str = ""

    def open(self, base: Path, columns: Columns = None) -> Table:
        from engine.data import idx

        return idx.read(self, base)


@SOURCES.declare
class Text(SourceRule):
    """Windows of characters or words: column `x` holds `length` of them, `y` for each the one that follows it.

    Words are what stands between white space; the first of the vocabulary, `<unknown>`, stands for every word that is
    not in it. A split cuts the text into stretches, the beginning for training, instead of drawing windows.
    """

    path: str = ""
    tokens: Annotated[Literal["character", "word"], "What the text is cut into."] = "character"
    length: Annotated[Count, "Characters or words in a window."] = 64
    stride: Annotated[Natural, "From one window's start to the next's; 0: the length, so that none overlap."] = 0
    vocabulary: Annotated[str, "All characters, in order; empty: those of the text, sorted."] = ""
    min_count: Annotated[Count, "How often a word must be there to be one of the vocabulary."] = 1
    max_words: Annotated[Natural, "How many words the vocabulary has at most, with `<unknown>`; 0: any number."] = 0
    words: Annotated[
        tuple[str, ...], Spelled("word"), "The vocabulary, `<unknown>` first; none: that of the text, commonest first."
    ] = ()

    def open(self, base: Path, columns: Columns = None) -> Table:
        from engine.data import text

        return text.read(self, base)

    def settled(self, table: Table) -> SourceRule:
        from engine.data import text

        return text.settled(self, table)
