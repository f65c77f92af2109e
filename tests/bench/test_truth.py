"""The command ``truth`` on its smallest task, and its intervals."""

import json
import math
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from maskwright.bench.truth import SEED, bernstein, clopper_pearson, largest_weight
from maskwright.bench.truth_peer import ours
from maskwright.bench.truth_tasks import TASKS
from maskwright.samplers.exact import enumerate_target, total_variation

pytest.importorskip("psutil", reason="the benchmark commands need psutil (extra bench)")
pytest.importorskip("tqdm", reason="the benchmark commands need tqdm (extra bench)")


def test_the_command(tmp_path, capsys):
    from maskwright.bench.__main__ import main

    plots, prefix = tmp_path / "plots", tmp_path / "truth"
    arguments = ["truth", "--task", "one token", "--draws", "400", "--runs", "20", "--plots", str(plots), "--save", str(prefix)]
    assert main(arguments) == 0
    shown = capsys.readouterr().out
    assert "exact distance of masked sampling 0.11" in shown
    rows = {row["sampler"]: row for row in json.loads(prefix.with_suffix(".json").read_text())["tasks"]["one token"]}
    assert {"masked", "rejection", "CARS", "SMC, N = 8"} <= rows.keys()
    assert rows["CARS"]["distance"] < rows["CARS"]["null_999"]
    assert rows["CARS"]["tokens"] < rows["rejection"]["tokens"]
    picture = ET.parse(plots / "one-token.svg").getroot()
    assert len([e for e in picture.iter() if e.tag.endswith("polyline")]) == 5


def test_tasks_are_what_they_say():
    laws = {task.name: enumerate_target(task.make()) for task in TASKS}
    assert len(laws) >= 6
    assert math.exp(min(row.log_mass for row in laws["tiny mass"].rows.values())) < 2e-9
    assert total_variation(laws["masking is exact"].masked, laws["masking is exact"].probabilities) < 1e-12
    far = 0
    for law in laws.values():
        band = law.null_band(10_000, SEED, repeats=1000)
        assert band.mean <= 0.03
        far += total_variation(law.masked, law.probabilities) >= 3 * band.q999
    assert far >= 4
    for law in laws.values():
        assert np.exp(law.log_weights.max()) <= largest_weight(law) * (1 + 1e-12)


def test_intervals_cover():
    """Of 300 intervals at 99.9 % hardly one misses; those at the edges are one-sided."""
    rng = np.random.default_rng(1)
    for p in (0.02, 0.4):
        missed = 0
        counts = rng.binomial(200, p, 300).tolist()
        intervals = {count: clopper_pearson(count, 200) for count in set(counts)}
        for count in counts:
            low, high = intervals[count]
            missed += not low <= p <= high
        assert missed <= 3
    assert clopper_pearson(0, 50)[0] == 0
    assert clopper_pearson(50, 50)[1] == 1
    means = rng.beta(0.3, 3, (300, 400))
    assert sum(abs(m.mean() - 0.3 / 3.3) > bernstein(m, 1.0) for m in means) == 0


def test_our_side_of_the_comparison():
    """Mask and predicate are the same target; where tokens spell alike the predicate is one on texts, and takes part too."""
    for name in ("one token", "duplicate bytes"):
        law = enumerate_target(next(task for task in TASKS if task.name == name).make())
        lines = ours(law, 4, 12)
        assert [line["name"] for line in lines] == ["maskwright, mask", "maskwright, AWRS"]
        for line in lines:
            assert line["counts"].sum() + line["dead"] == 12
            assert line["rows"] <= 4 * (law.target.max_tokens + 1)
        assert lines[0]["checks"] == 0 < lines[1]["checks"]
