"""What a written `train.py` needs besides torch: the order of samples, their preparation, optimisers, schedules."""

# What is written is meant to be read, not to satisfy the strictest checks.
# mypy: disable-error-code="no-any-return, arg-type"

from __future__ import annotations

import gzip
import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - as everywhere
from numpy.typing import NDArray
from PIL import Image, ImageOps
from torch import Tensor

Array = NDArray[Any]


def number(*words: int | str) -> int:
    """A 64-bit number made of `words`, the same on every machine."""
    return int.from_bytes(hashlib.sha256(repr(words).encode()).digest()[:8], "little")


@dataclass(frozen=True)
class Draws:
    """Random numbers for each of some rows: each follows from seed, epoch, what for and row."""

    rows: Array
    key: int

    def purpose(self, name: str) -> Draws:
        return Draws(self.rows, number(self.key, name))

    def bits(self, which: int = 0) -> Array:
        """SplitMix64's finalizer (Steele, Lea, Flood 2014), wrapping around as intended."""
        golden, first, second = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
        bits = self.rows.astype(np.uint64) * np.uint64(golden) + np.uint64(number(self.key, which))
        bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(first)
        bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(second)
        return np.asarray(bits ^ (bits >> np.uint64(31)))

    def shares(self, which: int = 0) -> Array:
        """For every row a number from 0 to below 1, evenly."""
        return np.asarray((self.bits(which) >> np.uint64(11)).astype(np.float64) * 2.0**-53)

    def below(self, limit: int, which: int = 0) -> Array:
        """For every row a whole number from 0 to below `limit`."""
        return (self.shares(which) * limit).astype(np.int64)

    def generators(self) -> Iterator[np.random.Generator]:
        """For every row a source of random numbers."""
        for key in self.bits().tolist():
            yield np.random.Generator(np.random.Philox(key=key))


# Which rows are for training, which for validation, which for a last test


def counts(total: int, shares: Sequence[float]) -> list[int]:
    """How many of `total` each share gets: whole numbers that add up, the largest remainders rounded up."""
    exact = np.asarray(shares) * total
    whole = np.floor(exact + 1e-9).astype(int)
    for place in np.argsort(whole - exact, kind="stable")[: total - int(whole.sum())]:
        whole[place] += 1
    return whole.tolist()


def divided(size: int, shares: Sequence[float], seed: int, classes: Array | None = None) -> list[Array]:
    """The rows of each part in ascending order; of every class the same share, where `classes` are given."""
    random = np.random.default_rng(number("split", seed))
    kinds = np.zeros(size, np.int64) if classes is None else np.unique(classes, return_inverse=True)[1]
    owners = np.empty(size, np.int64)
    for kind in range(int(kinds.max()) + 1):
        places = random.permutation(np.flatnonzero(kinds == kind))
        owners[places] = np.repeat(np.arange(3), counts(len(places), shares))
    return [np.flatnonzero(owners == part) for part in range(3)]


def stretches(size: int, shares: Sequence[float], overlap: int) -> list[Array]:
    """The rows of each part one behind the other; those that share something with the part before are left out."""
    train, validation, test = np.split(np.arange(size), np.cumsum(counts(size, shares))[:2])
    return [train, validation[overlap:], test[overlap:]]


# Sources


def idx(path: str) -> Array:
    """The array in an IDX file, gzipped or not (http://yann.lecun.com/exdb/mnist)."""
    content = Path(path).read_bytes()
    content = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    kind = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}[content[2]]
    start = 4 + 4 * content[3]
    return np.frombuffer(content[start:], kind).reshape(np.frombuffer(content[4:start], ">u4"))


def characters(path: str) -> Array:
    """A text as indices of its characters, which are sorted."""
    text = Path(path).read_text(encoding="utf-8-sig")
    places = {character: place for place, character in enumerate(sorted(set(text)))}
    return np.array([places[character] for character in text])


def files_of(folder: str, classes: Sequence[str]) -> tuple[list[Path], Array]:
    """All pictures in the folders of the classes, sorted, and the class of each."""
    endings = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".pgm", ".ppm"}
    files: list[Path] = []
    labels: list[int] = []
    for label, name in enumerate(classes):
        inside = (path for path in (Path(folder) / name).rglob("*") if path.suffix.lower() in endings)
        shown = [path for path in inside if not any(part.startswith(".") for part in path.relative_to(folder).parts)]
        files += sorted(shown, key=lambda path: path.relative_to(folder).parts)
        labels += [label] * len(shown)
    return files, np.array(labels)


def picture(path: Path, mode: str, background: str) -> Array:
    """A picture, upright, without transparency: (1, channels, height, width) from 0 to 255."""
    with Image.open(path) as file:
        image = ImageOps.exif_transpose(file) if file.format != "PNG" else file
        if image.has_transparency_data:
            layer = image.convert("RGBA")
            image = Image.alpha_composite(Image.new("RGBA", layer.size, background), layer)
        array = np.asarray(image.convert(mode))
    return array.transpose(2, 0, 1)[None] if array.ndim == 3 else array[None, None]


# Transforms over a batch, samples first


def resized(images: Array, size: tuple[int, int], filter: str) -> Array:
    """Images of another size, as Pillow resamples them: smoothed where they become smaller."""
    if images.shape[-2:] == size:
        return images
    down, right = resampling(images.shape[-2], size[0], filter), resampling(images.shape[-1], size[1], filter)
    return down @ images.astype(np.float32) @ right.T


def resampling(have: int, wanted: int, filter: str) -> Array:
    """The matrix that resamples one axis."""
    scale = have / wanted
    centers = (np.arange(wanted) + 0.5) * scale
    if filter == "nearest":
        return np.eye(have, dtype=np.float32)[np.floor(centers).astype(int)]
    support, stretch = (1 if filter == "bilinear" else 2), max(1.0, scale)
    first = np.maximum(0, np.floor(centers - support * stretch + 0.5))[:, None]
    last = np.minimum(have, np.floor(centers + support * stretch + 0.5))[:, None]
    places = np.arange(have)
    x = np.abs((places + 0.5 - centers[:, None]) / stretch)
    near = 1 - x if filter == "bilinear" else (1.5 * x - 2.5) * x * x + 1
    far = 0 * x if filter == "bilinear" else ((-0.5 * x + 2.5) * x - 4) * x + 2  # Keys 1981, a = -0.5
    weights = np.where(x < 1, near, np.where(x < 2, far, 0)) * (first <= places) * (places < last)
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)


def resized_shorter(images: Array, size: int, filter: str) -> Array:
    """Images of which the shorter side is `size`."""
    height, width = images.shape[-2:]
    shorter = min(height, width)
    return resized(images, (height * size // shorter, width * size // shorter), filter)


def normalized(batch: Array, mean: Sequence[float], deviation: Sequence[float]) -> Array:
    """(x - mean) / deviation for each channel of an image, each feature of a row."""
    shape = (-1, 1, 1) if batch.ndim == 4 else (-1,)
    return (batch.astype(np.float32) - np.float32(mean).reshape(shape)) / np.float32(deviation).reshape(shape)


def center_crop(images: Array, size: tuple[int, int]) -> Array:
    """The middle of images."""
    top, left = (images.shape[-2] - size[0]) // 2, (images.shape[-1] - size[1]) // 2
    return images[..., top : top + size[0], left : left + size[1]]


def random_crop(images: Array, size: tuple[int, int], padding: int, draws: Draws) -> Array:
    """A piece of each image from a random place, after zeros on every side."""
    edge = (padding, padding)
    padded = np.pad(images, ((0, 0), (0, 0), edge, edge))
    tops = draws.below(padded.shape[2] - size[0] + 1)
    lefts = draws.below(padded.shape[3] - size[1] + 1, 1)
    places = zip(padded, tops, lefts, strict=True)
    return np.stack([image[:, top : top + size[0], left : left + size[1]] for image, top, left in places])


def random_flip(images: Array, axis: str, draws: Draws) -> Array:
    """Images mirrored in every second case."""
    for place, names in ((2, ("vertical", "both")), (3, ("horizontal", "both"))):
        if axis in names:
            is_turned = (draws.shares(place) < 0.5)[:, None, None, None]
            images = np.where(is_turned, np.flip(images, place), images)
    return images


def gray(images: Array) -> Array:
    """Colours to brightness (ITU-R BT.601)."""
    luma = np.array([0.299, 0.587, 0.114], np.float32)
    return images if images.shape[1] == 1 else np.einsum("nchw,c->nhw", images.astype(np.float32), luma)[:, None]


def one_hot(indices: Array, classes: int) -> Array:
    """Each index as a row of zeros with a one in its place."""
    return np.equal(indices[..., None], np.arange(classes)).astype(np.float32)


def noisy(batch: Array, deviation: float, draws: Draws) -> Array:
    """Gaussian noise added to every value."""
    noises = [random.standard_normal(batch.shape[1:], np.float32) for random in draws.generators()]
    return batch.astype(np.float32) + np.float32(deviation) * np.stack(noises)


# Schedules: the factor on the learning rate at `t` of `total`


def constant(t: int, total: int) -> float:
    """1, always."""
    return 1.0


def step(t: int, total: int, every: int, gamma: float) -> float:
    """gamma^⌊t / every⌋."""
    return gamma ** (t // every)


def multi_step(t: int, total: int, at: Sequence[int], gamma: float) -> float:
    """gamma^(how many of `at` have come)."""
    return gamma ** sum(t >= place for place in at)


def exponential(t: int, total: int, gamma: float) -> float:
    """gamma^t."""
    return gamma**t


def polynomial(t: int, total: int, power: float) -> float:
    """(1 - t / total)^power."""
    return max(0.0, 1 - t / max(1, total)) ** power


def inverse(t: int, total: int, gamma: float, power: float) -> float:
    """(1 + gamma·t)^(-power)."""
    return (1 + gamma * t) ** -power


def sigmoid(t: int, total: int, gamma: float, middle: int) -> float:
    """1 / (1 + exp(-gamma·(t - middle)))."""
    exponent = -gamma * (t - middle)
    return 1 / (1 + math.exp(exponent)) if exponent < 700 else 0.0


def cosine(t: int, total: int, end: float) -> float:
    """Half a cosine from 1 to `end`."""
    return half_cosine(1.0, end, min(1.0, t / max(1, total)))


def one_cycle(t: int, total: int, rise: float, begin: float, end: float) -> float:
    """From `begin` to 1 over the share `rise`, then to `end`."""
    top, last = rise * total - 1, total - 1
    if t <= top:
        return half_cosine(begin, 1.0, t / top if top > 0 else 1.0)
    return half_cosine(1.0, end, min(1.0, (t - max(0.0, top)) / max(1.0, last - max(0.0, top))))


def restarts(t: int, total: int, first: int, longer: int, end: float) -> float:
    """As cosine, over and over, each fall `longer` times as long as the one before."""
    length = first
    while t >= length and longer > 1:
        t, length = t - length, length * longer
    return half_cosine(1.0, end, t % length / length)


def half_cosine(begin: float, end: float, share: float) -> float:
    """From `begin` to `end`."""
    return end + (begin - end) * (1 + math.cos(math.pi * share)) / 2


# Optimisers that torch has not, or has with another formula


class SGD(torch.optim.Optimizer):
    """v = momentum·v + lr·g, w = w - v; with Nesterov w = w - (1 + momentum)·v + momentum·v_before (as Caffe).

    torch.optim.SGD multiplies v by lr, not g: where lr changes, the two differ.
    """

    def __init__(self, groups: Any, lr: float, momentum: float, nesterov: bool, weight_decay: float) -> None:
        options = {"lr": lr, "momentum": momentum, "nesterov": nesterov, "weight_decay": weight_decay}
        super().__init__(groups, options)

    def step(self) -> None:  # type: ignore[override]
        with torch.no_grad():
            for group in self.param_groups:
                for weight in group["params"]:
                    self.move(weight, group)

    def move(self, weight: Tensor, group: dict[str, Any]) -> None:
        gradient = weight.grad + group["weight_decay"] * weight
        before = self.state[weight].get("momentum", torch.zeros_like(weight))
        velocity = group["momentum"] * before + group["lr"] * gradient
        self.state[weight]["momentum"] = velocity
        ahead = (1 + group["momentum"]) * velocity - group["momentum"] * before
        weight -= ahead if group["nesterov"] else velocity


class Lion(torch.optim.Optimizer):
    """c = β1·m + (1-β1)·g, w = w - lr·(sign c + weight_decay·w), then m = β2·m + (1-β2)·g (Chen et al. 2023)."""

    def __init__(self, groups: Any, lr: float, betas: tuple[float, float], weight_decay: float) -> None:
        super().__init__(groups, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    def step(self) -> None:  # type: ignore[override]
        with torch.no_grad():
            for group in self.param_groups:
                for weight in group["params"]:
                    self.move(weight, group)

    def move(self, weight: Tensor, group: dict[str, Any]) -> None:
        mean = self.state[weight].setdefault("mean", torch.zeros_like(weight))
        direction = mean.lerp(weight.grad, 1 - group["betas"][0]).sign()
        weight *= 1 - group["lr"] * group["weight_decay"]
        weight -= group["lr"] * direction
        mean.lerp_(weight.grad, 1 - group["betas"][1])


class LAMB(torch.optim.Optimizer):
    """u = Adam's step without lr + weight_decay·w, w = w - lr·u·‖w‖/‖u‖ (You et al. 2020)."""

    def __init__(self, groups: Any, lr: float, betas: tuple[float, float], eps: float, weight_decay: float) -> None:
        super().__init__(groups, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "t": 0})

    def step(self) -> None:  # type: ignore[override]
        with torch.no_grad():
            for group in self.param_groups:
                group["t"] += 1
                for weight in group["params"]:
                    self.move(weight, group)

    def move(self, weight: Tensor, group: dict[str, Any]) -> None:
        first, second = (1 - beta ** group["t"] for beta in group["betas"])
        mean = self.state[weight].setdefault("mean", torch.zeros_like(weight))
        square = self.state[weight].setdefault("square", torch.zeros_like(weight))
        mean.lerp_(weight.grad, 1 - group["betas"][0])
        square.mul_(group["betas"][1]).addcmul_(weight.grad, weight.grad, value=1 - group["betas"][1])
        change = mean / first / ((square / second).sqrt() + group["eps"]) + group["weight_decay"] * weight
        ratio = weight.norm() / change.norm()
        weight -= group["lr"] * change * (ratio if ratio > 0 and ratio.isfinite() else 1.0)


# Losses that torch has not


def hinge(x: Tensor, target: Tensor) -> Tensor:
    """The mean of max(0, 1 - side·x), side being -1 or 1."""
    side = target.reshape(x.shape) if target.is_floating_point() else 2 * target.reshape(x.shape) - 1
    return F.relu(1 - side * x).mean()


def focal(x: Tensor, target: Tensor, gamma: float, axis: int) -> Tensor:
    """Cross-entropy with what is right already counting less (Lin et al. 2017)."""
    right = F.log_softmax(x, axis).gather(axis, target.unsqueeze(axis))
    return -((-torch.expm1(right)).clamp(min=1e-12).pow(gamma) * right).mean()


def dice(x: Tensor, target: Tensor, smooth: float) -> Tensor:
    """1 - 2·common / (guess + target), each sample by itself."""
    guess = torch.sigmoid(x).reshape(len(x), -1)
    target = target.reshape(guess.shape).float()
    common = 2 * (guess * target).sum(1) + smooth
    return (1 - common / (guess.sum(1) + target.sum(1) + smooth)).mean()


def contrastive(a: Tensor, b: Tensor, target: Tensor, margin: float) -> Tensor:
    """Alike ones close together, others at least `margin` apart (Hadsell, Chopra, LeCun 2006)."""
    square = (a - b).square().sum(-1)
    target = target.reshape(square.shape)
    return (target * square + (1 - target) * F.relu(margin - square.clamp(min=1e-12).sqrt()).square()).mean() / 2


def triplet(a: Tensor, positive: Tensor, negative: Tensor, margin: float) -> Tensor:
    """The positive one nearer than the negative one, by `margin`."""
    near, far = (a - positive).square().sum(-1), (a - negative).square().sum(-1)
    return F.relu(near - far + margin).mean()


# Metrics: the sum over what is measured, and how many these are


def accuracy(scores: Tensor, target: Tensor, axis: int) -> tuple[float, int]:
    """Share of positions whose largest score is the target's."""
    return float((scores.argmax(axis) == target).sum()), target.numel()


def decisions(scores: Tensor, target: Tensor) -> tuple[float, int]:
    """Share of scores whose sign is right."""
    return float(((scores > 0) == (target.reshape(scores.shape) > 0.5)).sum()), scores.numel()


def top_k(scores: Tensor, target: Tensor, axis: int, k: int) -> tuple[float, int]:
    """Share of positions whose target is among the k largest scores."""
    found = scores.movedim(axis, -1).topk(min(k, scores.shape[axis]), dim=-1).indices
    return float((found == target[..., None]).any(-1).sum()), target.numel()


def mean_absolute_error(x: Tensor, target: Tensor) -> tuple[float, int]:
    """The mean distance."""
    return float((x - target.reshape(x.shape)).abs().sum()), x.numel()
