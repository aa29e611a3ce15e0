"""Metrics against numbers worked out by hand, and against numpy over all samples at once."""

import math
from typing import Any

import numpy as np
import pytest

from engine.training.measures import sums, value
from engine.training.metrics import (
    F1,
    METRICS,
    Accuracy,
    ByClass,
    ConfusionMatrix,
    IoU,
    MeanAbsoluteError,
    MetricRule,
    Perplexity,
    Precision,
    Recall,
    RocAuc,
    RootMeanSquaredError,
    RSquared,
    TopK,
)

SCORES = np.array([[0.1, 0.7, 0.2], [0.5, 0.4, 0.1], [0.3, 0.3, 0.4], [0.2, 0.2, 0.2]], np.float32)
TARGET = np.array([1, 1, 0, 0])


def test_accuracy_is_the_share_of_rows_whose_largest_score_is_the_target() -> None:
    assert value(Accuracy(), sums(Accuracy(), SCORES, TARGET)) == 2 / 4  # the first, and the last, where equals tie


def test_top_2_counts_the_second_best_too() -> None:
    # 1st: best; 2nd: second; 3rd: 0 and 1 tie behind 2, and the first of equals is before; 4th: first of three equals.
    assert value(TopK(k=2), sums(TopK(k=2), SCORES, TARGET)) == 4 / 4
    assert value(TopK(k=2), sums(TopK(k=2), SCORES[2:3], np.array([1]))) == 0


def test_top_1_is_accuracy_also_among_equal_scores() -> None:
    scores = np.random.default_rng(0).integers(0, 3, (500, 6)).astype(np.float32)
    target = np.random.default_rng(1).integers(0, 6, 500)
    assert value(TopK(k=1), sums(TopK(k=1), scores, target)) == value(Accuracy(), sums(Accuracy(), scores, target))


def test_one_score_a_decision_is_right_when_its_sign_is() -> None:
    scores, target = np.array([[2.0], [-1.0], [0.5], [-3.0]]), np.array([[1.0], [1.0], [0.0], [0.0]])
    assert value(Accuracy(), sums(Accuracy(), scores, target)) == 0.5


def test_mae_is_the_mean_distance() -> None:
    predicted, target = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.5, 2.0], [1.0, 4.5]])
    assert value(MeanAbsoluteError(), sums(MeanAbsoluteError(), predicted, target)) == pytest.approx(3 / 4)


def test_r2_of_a_published_example() -> None:
    # scikit-learn's documentation of r2_score: 0.9486081370449679
    target, predicted = np.array([[3.0], [-0.5], [2.0], [7.0]]), np.array([[2.5], [0.0], [2.0], [8.0]])
    assert value(RSquared(), sums(RSquared(), predicted, target)) == pytest.approx(0.9486081370449679, abs=1e-12)


def test_r2_of_several_columns_weighs_them_by_their_variance() -> None:
    # scikit-learn's documentation of r2_score with multioutput="variance_weighted": 0.938...
    target = np.array([[0.5, 1.0], [-1.0, 1.0], [7.0, -6.0]])
    predicted = np.array([[0.0, 2.0], [-1.0, 2.0], [8.0, -5.0]])
    assert value(RSquared(), sums(RSquared(), predicted, target)) == pytest.approx(0.938, abs=5e-4)


def test_r2_of_equal_targets_is_no_number() -> None:
    assert math.isnan(value(RSquared(), sums(RSquared(), np.ones((3, 1)), np.full((3, 1), 2.0))))


def of(rule: MetricRule, scores: Any, target: Any) -> Any:
    return value(rule, sums(rule, np.asarray(scores), np.asarray(target)))


def scored(classes: list[int], count: int) -> Any:
    """Scores whose largest is that of these classes."""
    return np.eye(count, dtype=np.float32)[classes]


# Of scikit-learn's documentation: the examples of precision_score, recall_score, f1_score and jaccard_score.
GIVEN, FOUND = [0, 1, 2, 0, 1, 2], [0, 2, 1, 0, 0, 1]
LABELS = [[0, 0, 0], [1, 1, 1], [0, 1, 1]]
MARKED = [[-1, -1, -1], [1, 1, 1], [1, 1, -1]]


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [
        (Precision(), 2 / 9),
        (Precision(average="micro"), 1 / 3),
        (Precision(only=0), 2 / 3),
        (Recall(), 1 / 3),
        (Recall(average="micro"), 1 / 3),
        (Recall(only=0), 1.0),
        (F1(), 0.8 / 3),
        (F1(average="micro"), 1 / 3),
        (F1(only=0), 0.8),
        (IoU(), 2 / 9),
    ],
    ids=repr,
)
def test_shares_of_classes_are_those_of_a_published_example(rule: ByClass, wanted: float) -> None:
    assert of(rule, scored(FOUND, 3), GIVEN) == pytest.approx(wanted, abs=1e-15)


def test_intersection_over_union_of_a_published_example() -> None:
    found, given = scored([0, 2, 1, 2], 3), [0, 1, 2, 2]
    assert [of(IoU(only=k), found, given) for k in range(3)] == [1, 0, pytest.approx(1 / 3)]
    assert of(IoU(), found, given) == pytest.approx(4 / 9)


def test_several_decisions_a_sample_are_shared_out_label_by_label() -> None:
    assert [of(F1(only=k), MARKED, LABELS) for k in range(3)] == [pytest.approx(2 / 3), 1, pytest.approx(2 / 3)]
    assert of(Precision(average="micro"), MARKED, LABELS) == 4 / 5  # five marked, four of them rightly
    assert of(Recall(average="micro"), MARKED, LABELS) == 4 / 5


@pytest.mark.parametrize("shape", [(6,), (6, 1), (2, 3, 1), (1, 1, 2, 3)], ids=repr)
def test_decisions_of_any_shape_without_labels_are_one_class(shape: tuple[int, ...]) -> None:
    scores, target = np.array([1, 2, -1, -2, 3, -3.0]), np.array([1, 0, 1, 0, 1, 0.0])
    assert of(Precision(), scores.reshape(shape), target.reshape(shape)) == pytest.approx(2 / 3)
    assert of(Recall(), scores.reshape(shape), target.reshape(shape)) == pytest.approx(2 / 3)


def test_channels_of_a_mask_are_classes_of_their_own() -> None:
    scores, target = np.full((2, 3, 4, 4), 1.0), np.zeros((2, 3, 4, 4))
    target[:, 1] = 1
    assert [of(Precision(only=k), scores, target) for k in range(3)] == [0, 1, 0]


def test_a_class_that_was_neither_given_nor_found_does_not_count() -> None:
    assert of(F1(), scored([0, 1, 1], 4), [0, 1, 0]) == pytest.approx((2 / 3 + 2 / 3) / 2)
    assert math.isnan(of(F1(only=3), scored([0, 1, 1], 4), [0, 1, 0]))


def test_confusion_of_a_published_example() -> None:
    # scikit-learn's documentation of confusion_matrix
    counts = sums(ConfusionMatrix(), scored([0, 0, 2, 2, 0, 2], 3), np.array([2, 0, 2, 2, 0, 1]))
    assert np.array(counts).tolist() == [[2, 0, 0], [0, 0, 1], [1, 0, 2]]


def test_confusion_of_decisions_is_of_no_and_yes() -> None:
    counts = sums(ConfusionMatrix(), np.array([[1.0], [-1], [2], [-2]]), np.array([[1], [1], [0], [0]]))
    assert np.array(counts).tolist() == [[1, 1], [1, 1]]


def test_the_area_of_a_published_example() -> None:
    # scikit-learn's documentation of roc_auc_score: 0.75
    assert of(RocAuc(), [0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]) == 0.75


def test_the_area_is_the_share_of_pairs_in_the_right_order() -> None:
    random = np.random.default_rng(4)
    scores, target = random.integers(0, 9, (60, 3)).astype(np.float32), random.integers(0, 3, 60)
    chances = np.exp(scores.astype(np.float64)) / np.exp(scores.astype(np.float64)).sum(1, keepdims=True)
    areas = []
    for k in range(3):
        own, other = chances[target == k, k], chances[target != k, k]
        equal = np.isclose(own[:, None], other, rtol=1e-9, atol=0)  # but for rounding: (1, 2, 3) is as (0, 1, 2)
        above = (own[:, None] > other) & ~equal
        areas.append((above + equal / 2).mean())
    assert of(RocAuc(), scores, target) == pytest.approx(np.mean(areas), rel=1e-12)


def test_an_area_needs_both_kinds() -> None:
    assert math.isnan(of(RocAuc(), [0.1, 0.4], [1, 1]))
    assert of(RocAuc(), [[1.0, 0], [2, 0]], [[1, 1], [0, 1]]) == 0


def test_perplexity_is_the_number_of_equally_likely_choices() -> None:
    assert of(Perplexity(), np.zeros((5, 7)), [0, 1, 2, 3, 4]) == pytest.approx(7)
    assert of(Perplexity(), np.log([[0.5, 0.25, 0.25]] * 2) + 3, [0, 1]) == pytest.approx(8**0.5)
    assert of(Perplexity(), [[0.0], [0.0]], [[1.0], [0.0]]) == pytest.approx(2)
    assert of(Perplexity(), [[1e4, 0.0]], [1]) == math.inf


def test_rmse_of_a_published_example() -> None:
    # scikit-learn's documentation of mean_squared_error: 0.375
    assert of(RootMeanSquaredError(), [2.5, 0.0, 2, 8], [3, -0.5, 2, 7]) == pytest.approx(0.375**0.5)


@pytest.mark.parametrize("rule", [cls() for _, cls in METRICS.items()], ids=repr)
def test_every_metric_has_a_formula_for_all_that_it_compares(rule: MetricRule) -> None:
    for kind in rule.COMPARES:
        target = TARGET if kind == "classes" else np.ones_like(SCORES)
        total = sums(rule, SCORES, target)
        assert rule.TABLE or isinstance(value(rule, total), float)


RULES = (Accuracy(), TopK(k=2), Precision(), Recall(), F1(), IoU(), RocAuc(), ConfusionMatrix(), Perplexity())
ERRORS = (MeanAbsoluteError(), RootMeanSquaredError(), RSquared())


@pytest.mark.parametrize("rule", [*RULES, *ERRORS], ids=repr)
def test_batches_of_any_size_add_up_to_the_whole(rule: MetricRule) -> None:
    random = np.random.default_rng(2)
    scores = random.normal(size=(101, 4)).astype(np.float32)
    target = random.normal(size=(101, 4)).astype(np.float32) if rule in ERRORS else random.integers(0, 4, 101)
    first, *pieces = (sums(rule, scores[cut], target[cut]) for cut in np.array_split(np.arange(101), 7))
    total: Any = first
    for piece in pieces:
        total = total + piece
    whole: Any = sums(rule, scores, target)
    if rule.TABLE:
        assert np.array_equal(total, whole)
    else:
        assert value(rule, total) == pytest.approx(value(rule, whole), rel=1e-12)


def test_metrics_are_called_in_snake_case() -> None:
    rules = (*RULES, *ERRORS, TopK(k=3), F1(average="micro"), Precision(only=1))
    wanted = """accuracy top2_accuracy precision recall f1 iou roc_auc confusion_matrix perplexity mae rmse r2
        top3_accuracy micro_f1 class1_precision"""
    assert [rule.called() for rule in rules] == wanted.split()


def test_errors_want_to_be_small_and_the_others_large() -> None:
    falling = {cls.__name__ for _, cls in METRICS.items() if isinstance(rule := cls(), MetricRule) and not rule.RISES}
    assert falling == {"Perplexity", "MeanAbsoluteError", "RootMeanSquaredError"}
