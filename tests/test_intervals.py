from __future__ import annotations

import math
import random

import numpy as np
import pytest

from eval.intervals import difference, interval, quantile_interval, ratio, wilson


def test_the_interval_is_the_same_every_time() -> None:
    parts = [(float(i % 3 > 0), 1.0) for i in range(90)]
    assert interval(parts) == interval(list(parts))


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    """Drawn from a known share: 95 % of intervals should hold it, give or take."""
    rng = random.Random(5)
    held = 0
    for _ in range(200):
        parts = [(float(rng.random() < 0.8), 1.0) for _ in range(120)]
        low, high = interval(parts) or (1, 0)
        held += low <= 0.8 <= high
    assert 0.90 <= held / 200 <= 0.99


def test_a_share_of_one_still_has_an_interval() -> None:
    every, none = interval([(1.0, 1.0)] * 20), interval([(0.0, 3.0)] * 20)
    assert every and none
    assert every == pytest.approx((0.8389, 1.0), abs=1e-3) and every[1] == 1
    assert none == pytest.approx((0.0, 0.1611), abs=1e-3) and none[0] == 0


def test_answers_with_several_quotations_are_drawn_whole() -> None:
    """The same quotations, all right or all wrong in an answer, say less than single ones."""
    together = [(5.0, 5.0)] * 20 + [(0.0, 5.0)] * 20
    single = [(1.0, 1.0)] * 100 + [(0.0, 1.0)] * 100
    wide, narrow = interval(together), interval(single)
    assert wide and narrow and wide[1] - wide[0] > 2 * (narrow[1] - narrow[0])


def test_nothing_counted_has_no_score() -> None:
    assert ratio([]) is None
    assert interval([]) is None
    assert interval([(0.0, 0.0)]) is None


def test_wilsons_interval_is_the_textbooks() -> None:
    low, high = wilson(0.9, 10)
    assert (round(low, 3), round(high, 3)) == (0.596, 0.982)


def test_an_unchanged_run_changes_by_exactly_nothing() -> None:
    parts = [(1.0, 1.0), (0.0, 1.0), (0.0, 0.0)]
    assert difference(parts, parts) == (0.0, 0.0, 0.0)


def test_pairing_sees_a_drop_that_two_intervals_would_hide() -> None:
    before = [(float(i % 2), 1.0) for i in range(200)]
    after = [(0.0 if i in range(1, 17, 2) else v, w) for i, (v, w) in enumerate(before)]
    change, low, high = difference(before, after)
    assert change == pytest.approx(-0.04)
    assert low < change < high < 0
    old, new = interval(before), interval(after)
    assert old and new and new[1] > old[0]


def test_one_lost_question_of_many_is_noise() -> None:
    before = [(1.0, 1.0)] * 100
    after = [(0.0, 1.0), *before[1:]]
    _, _, high = difference(before, after)
    assert high == 0


def test_a_question_that_counts_in_one_run_only_does_not_break_the_comparison() -> None:
    before = [(1.0, 1.0)] * 30 + [(0.0, 0.0)] * 5
    after = [(1.0, 1.0)] * 25 + [(0.0, 0.0)] * 5 + [(0.0, 1.0)] * 5
    change, low, high = difference(before, after)
    assert change == pytest.approx(-5 / 30)
    assert math.isfinite(low) and math.isfinite(high)


def test_a_quantile_lies_in_its_interval() -> None:
    values = list(np.random.default_rng(1).exponential(20, 150))
    value, low, high = quantile_interval(values, 0.95)
    assert low <= value <= high
    assert value == pytest.approx(np.quantile(values, 0.95))
