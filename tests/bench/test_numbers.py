"""Distributions, samples, options: the small parts with arithmetic in them."""

import math
import random

import pytest

from maskwright.bench.datasets import maskbench_cases
from maskwright.bench.distribution import Distribution
from maskwright.bench.summary import number, statistics, table


@pytest.mark.parametrize("seed", range(5))
def test_quantiles_are_within_their_bin(seed):
    draw = random.Random(seed)
    values = sorted(int(draw.lognormvariate(9, 2)) + 1 for _ in range(2000))
    times = Distribution.of(values)
    assert (times.count, times.total, times.maximum) == (len(values), sum(values), values[-1])
    for q in (0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 1.0):
        want = values[math.ceil(q * len(values)) - 1]
        assert times.quantile(q) == pytest.approx(want, rel=0.0055)


def test_pooling_is_the_same_as_binning_all():
    parts = [[1, 5, 5, 100], [7], [], [10**9, 3]]
    pooled = Distribution.pooled(Distribution.from_json(Distribution.of(part).to_json()) for part in parts)
    assert pooled == Distribution.of(value for part in parts for value in part)


def test_no_values_have_no_statistics():
    assert all(math.isnan(value) for value in statistics(Distribution()).values())
    assert number(math.nan) == ""


def test_samples_are_nested_and_seeded(tmp_path):
    for i in range(30):
        (tmp_path / f"G---{i}.json").write_text("{}")
    ids = {n: [case.id for case in maskbench_cases(tmp_path, n, seed=3)] for n in (5, 10, 30, None)}
    assert ids[10][:5] == ids[5]
    assert ids[30] == ids[None] == sorted(ids[None])
    assert ids[10] != [case.id for case in maskbench_cases(tmp_path, 10, seed=4)]


def test_cells_cannot_break_a_table():
    assert table(["a", "b"], [["x|y\nz", "1"]]).splitlines()[-1] == "| x\\|y z | 1 |"
