"""Metrics against numbers worked out by hand, and against numpy over all samples at once."""

import math

import numpy as np
import pytest

from engine.training.measures import is_better, name_of_metric, sums, value
from engine.training.metrics import Accuracy, MeanAbsoluteError, MetricRule, RSquared, TopK

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


@pytest.mark.parametrize("rule", [Accuracy(), TopK(k=2), MeanAbsoluteError(), RSquared()])
def test_batches_of_any_size_add_up_to_the_whole(rule: MetricRule) -> None:
    random = np.random.default_rng(2)
    is_number = isinstance(rule, (MeanAbsoluteError, RSquared))
    scores = random.normal(size=(101, 4)).astype(np.float32)
    target = random.normal(size=(101, 4)).astype(np.float32) if is_number else random.integers(0, 4, 101)
    cuts = np.array_split(np.arange(101), 7)
    pieces = sum(sums(rule, scores[cut], target[cut]) for cut in cuts)
    assert value(rule, pieces) == pytest.approx(value(rule, sums(rule, scores, target)), rel=1e-12)


def test_metrics_are_named_in_snake_case() -> None:
    rules = (Accuracy(), TopK(), TopK(k=3), MeanAbsoluteError(), RSquared())
    assert [name_of_metric(rule) for rule in rules] == ["accuracy", "top5_accuracy", "top3_accuracy", "mae", "r2"]


def test_scores_want_to_be_large_and_errors_small() -> None:
    assert is_better("score_accuracy", 0.9, than=0.8)
    assert is_better("r2", 0.9, than=0.8)
    assert not is_better("loss", 0.9, than=0.8)
    assert is_better("mae", 0.1, than=0.8)
