"""MXNet's ImageRecordIter, its decoder in C++, over the same JPEGs packed into a RecordIO file."""

from __future__ import annotations

from collections.abc import Iterable

from engine.backends.gluon.framework import mx
from loaders.task import DEVIATION, MEAN, SIDE, Epoch, Task


def image_record_iter(task: Task) -> Epoch:
    """With so many decoding threads; resizing brings the shorter side to 224 and cuts out the middle."""
    path = task.folder / "pictures.rec"
    _pack(task, str(path))
    size = {"rand_crop": True} if task.how == "crop" else {"resize": SIDE}
    colours = dict(zip(("mean_r", "mean_g", "mean_b", "std_r", "std_g", "std_b"), (*MEAN, *DEVIATION), strict=True))
    batches = mx.io.ImageRecordIter(
        path_imgrec=str(path),
        data_shape=(3, SIDE, SIDE),
        batch_size=task.batch,
        preprocess_threads=task.threads,
        shuffle=True,
        rand_mirror=True,
        round_batch=False,
        **size,
        **colours,
    )

    def epoch(_: int) -> Iterable[int]:
        batches.reset()
        for batch in batches:
            batch.data[0].wait_to_read()
            yield task.batch - batch.pad

    return epoch


def _pack(task: Task, path: str) -> None:
    record = mx.recordio.MXRecordIO(path, "w")
    classes = sorted({file.parent.name for file in task.files})
    for number, file in enumerate(task.files):
        header = mx.recordio.IRHeader(0, float(classes.index(file.parent.name)), number, 0)
        record.write(mx.recordio.pack(header, file.read_bytes()))
    record.close()
