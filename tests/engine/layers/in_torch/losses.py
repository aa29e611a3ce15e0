"""Losses, in torch's own words."""

from engine.layers.loss import (
    CTC,
    Contrastive,
    CosineSimilarity,
    Dice,
    Focal,
    Hinge,
    Huber,
    KLDivergence,
    MeanAbsoluteError,
    MeanSquaredError,
    SigmoidCrossEntropy,
    SoftmaxCrossEntropy,
    Triplet,
)
from tests.engine.layers.in_torch.rules import F, batched, rule, torch


@rule(SoftmaxCrossEntropy)
def softmax_cross_entropy(layer, weights, x, target):
    factors = torch.tensor(layer.class_weights, dtype=x.dtype) if layer.class_weights else None
    ignored = -100 if layer.ignore_index is None else layer.ignore_index
    scores = x.movedim(batched(layer.axis), 1)
    return F.cross_entropy(scores, target, factors, ignore_index=ignored, label_smoothing=layer.label_smoothing)


@rule(SigmoidCrossEntropy)
def sigmoid_cross_entropy(layer, weights, x, target):
    return F.binary_cross_entropy_with_logits(x, target.reshape(x.shape).to(x.dtype))


@rule(MeanSquaredError)
def mean_squared_error(layer, weights, x, target):
    return F.mse_loss(x, target.reshape(x.shape))


@rule(MeanAbsoluteError)
def mean_absolute_error(layer, weights, x, target):
    return F.l1_loss(x, target.reshape(x.shape))


@rule(Huber)
def huber(layer, weights, x, target):
    return F.huber_loss(x, target.reshape(x.shape), delta=layer.delta)


@rule(Hinge)
def hinge(layer, weights, x, target):
    sides = target if target.is_floating_point() else target * 2 - 1
    return F.margin_ranking_loss(x, torch.zeros_like(x), sides.reshape(x.shape), margin=1.0)


@rule(KLDivergence)
def kl_divergence(layer, weights, x, target):
    axis = batched(layer.axis)
    entropy = torch.special.entr(target.clamp(min=0)).sum()
    crossed = -(target * F.log_softmax(x, axis)).sum()
    return (crossed - entropy) / (x.numel() / x.shape[axis])


@rule(CosineSimilarity)
def cosine_similarity(layer, weights, x, target):
    x, target = (each.movedim(batched(layer.axis), -1).flatten(0, -2) for each in (x, target))
    return F.cosine_embedding_loss(x, target, torch.ones(len(x)))


@rule(Dice)
def dice(layer, weights, x, target):
    losses = []
    for scores, wanted in zip(torch.sigmoid(x), target.to(x.dtype), strict=True):
        common = torch.dot(scores.flatten(), wanted.flatten())
        losses.append(1 - (2 * common + layer.smooth) / (scores.sum() + wanted.sum() + layer.smooth))
    return torch.stack(losses).mean()


@rule(Focal)
def focal(layer, weights, x, target):
    entropy = F.cross_entropy(x.movedim(batched(layer.axis), 1), target, reduction="none")
    return ((1 - torch.exp(-entropy)) ** layer.gamma * entropy).mean()


@rule(Contrastive)
def contrastive(layer, weights, a, b, target):
    apart = F.relu(layer.margin - torch.linalg.vector_norm(a - b, dim=-1))
    target = target.reshape(apart.shape)
    near = F.mse_loss(a, b, reduction="none").sum(-1)
    return (near * target + apart**2 * (1 - target)).mean() / 2


@rule(CTC)
def ctc(layer, weights, x, target, mask=None):
    losses = []
    for place, (scores, labels) in enumerate(zip(x, target, strict=True)):
        steps = len(scores) if mask is None else int((mask[place] != 0).sum())
        length = next((n for n, label in enumerate(labels) if not label), len(labels))
        made = torch.nn.CTCLoss(reduction="sum", zero_infinity=True)
        losses.append(made(F.log_softmax(scores[:steps], -1), labels[:length], (steps,), (length,)))
    return torch.stack(losses).mean()


@rule(Triplet)
def triplet(layer, weights, anchor, positive, negative):
    return F.triplet_margin_with_distance_loss(
        *(each.flatten(0, -2) for each in (anchor, positive, negative)),
        distance_function=lambda a, b: torch.linalg.vector_norm(a - b, dim=-1) ** 2,
        margin=layer.margin,
    )
