"""Samplers called exact, against the target: total variation under the 99.9 % quantile of exact draws. Seeds and sizes are fixed here."""

import itertools

import numpy as np
import pytest

from maskwright.errors import NoSampleError, PredicateError
from maskwright.samplers.cars import Cars
from maskwright.samplers.certificate import Enumeration
from maskwright.samplers.exact import enumerate_target, null_band, total_variation
from maskwright.samplers.masked import Masked
from maskwright.samplers.potentials import Predicate, Weight
from maskwright.samplers.rejection import Rejection
from maskwright.samplers.trie import Trie

from .targets import TARGETS, dead_end_trap, make_target

DRAWS = 10_000


def check_law(run, law):
    """Every text is in the language, and the law is the target's."""
    assert all(sample.outcome == "stop" for sample in run)
    assert law.distance([sample.tokens for sample in run]) < law.null_band(len(run), seed=101).q999


def test_the_tasks_have_power():
    """The null floor is low, and masking is far off on at least four of the tasks."""
    far = 0
    for make in TARGETS.values():
        law = enumerate_target(make())
        band = law.null_band(DRAWS, seed=1)
        assert band.mean <= 0.03
        far += total_variation(law.masked, law.probabilities) >= 3 * band.q999
    assert far >= 4


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_masked_draws_have_the_masked_law(name):
    law = enumerate_target(TARGETS[name]())
    run = Masked(law.target, batch=500).sample(DRAWS // 2, seed=11)
    counts = law.count([sample.tokens for sample in run.valid])
    assert total_variation(counts / counts.sum(), law.masked) < null_band(law.masked, len(run.valid), seed=102).q999
    for sample in run.valid[:200]:
        assert sample.log_weight == pytest.approx(law.log_weights[law.index[sample.tokens]])
        assert sample.log_p == pytest.approx(law.log_joint[law.index[sample.tokens]])


def test_the_law_test_refuses_a_biased_sampler(trap):
    run = Masked(trap.target, batch=500).sample(DRAWS // 2, seed=12)
    with pytest.raises(AssertionError):
        check_law(run, trap)


@pytest.mark.parametrize(
    "name", ["nucleus", "trap", *(pytest.param(name, marks=pytest.mark.slow) for name in ("counted", "duplicates", "one token", "warm"))]
)
def test_rejection(name):
    law = enumerate_target(TARGETS[name]())
    run = Rejection(law.target, max_attempts=200_000, batch=2000).sample(DRAWS, seed=13)
    check_law(run, law)
    half_width = 4 * (1 / len(run)) ** 0.5 * np.exp(law.log_z)     # four standard deviations of the inverse-binomial estimate
    assert abs(np.exp(run.log_evidence) - np.exp(law.log_z)) < half_width


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_cars(name):
    law = enumerate_target(TARGETS[name]())
    sampler = Cars(law.target, batch=5)
    run = sampler.sample(DRAWS, seed=14)
    check_law(run, law)
    assert run.exact
    assert sampler.certificate.lower - 1e-12 <= np.exp(law.log_z) <= sampler.certificate.upper + 1e-12
    assert run.model_calls < 200


@pytest.mark.parametrize("name", ["trap", "duplicates", "counted"])
def test_cars_that_forgets(name):
    """A trie of three nodes that keeps one token each is exact too; it only works harder."""
    law = enumerate_target(TARGETS[name]())
    sampler = Cars(law.target, trie=Trie(keep=1, max_nodes=3), batch=50)
    check_law(sampler.sample(4000, seed=15), law)
    assert sampler.trie.evicted > 100
    assert sampler.trie.num_nodes <= 3


def test_cars_acceptance_never_falls(trap):
    """Z / total(root) only rises while nothing is forgotten."""
    sampler = Cars(trap.target, batch=1)
    totals = []
    for seed in range(60):
        sampler.sample(1, seed=seed)
        totals.append(sampler.trie.root.total)
    assert all(later <= earlier + 1e-15 for earlier, later in itertools.pairwise(totals))
    assert totals[-1] < totals[0]
    assert totals[-1] >= np.exp(trap.log_z) - 1e-15


PHI = {"a": 0.2, "b": 1.0, "c": 0.55}


def soft(**options):
    return make_target("[abc]{1,3}", seed=4, max_tokens=3, potential=Weight(lambda text: np.log(PHI[text[-1]]), **options))


@pytest.mark.parametrize("make", [Cars, Rejection])
def test_soft_potentials(make):
    law = enumerate_target(soft())
    check_law(make(law.target, batch=100, max_attempts=200_000).sample(5000, seed=16), law)


@pytest.mark.parametrize("make", [Cars, Rejection])
def test_potentials_above_one_are_refused(make):
    target = make_target("[abc]{1,3}", potential=Weight(len), max_tokens=3)
    with pytest.raises(PredicateError, match="above 0"):
        make(target).sample(3, seed=1)


def test_cars_with_prefix_checks():
    """A predicate on prefixes cuts attempts short; the law stays."""
    target = make_target("[abc]{0,4}", seed=6, potential=Predicate(lambda text: "ab" not in text, prefix=lambda text: "ab" not in text))
    law = enumerate_target(target)
    sampler = Cars(target, batch=3)
    check_law(sampler.sample(DRAWS, seed=17), law)
    assert sampler.certificate.upper == pytest.approx(np.exp(law.log_z), rel=0.02)


def test_without_replacement():
    """The first two texts are a draw without replacement: P(x, y) = pi(x) pi(y) / (1 - pi(x))."""
    law = enumerate_target(dead_end_trap(0.04))
    pi = law.probabilities
    joint = pi[:, None] * pi[None, :] / (1 - pi[:, None])
    np.fill_diagonal(joint, 0)
    assert joint.sum() == pytest.approx(1)
    counts = np.zeros_like(joint)
    rng = np.random.default_rng(18)
    for _ in range(1500):
        sampler = Cars(law.target, distinct=True, batch=3)
        one, other = (law.index[sample.tokens] for sample in sampler.sample(2, rng))
        counts[one, other] += 1
    assert total_variation(counts.ravel() / 1500, joint.ravel()) < null_band(joint.ravel(), 1500, seed=103).q999


def test_without_replacement_to_the_last_text(law):
    sampler = Cars(law.target, distinct=True)
    run = sampler.sample(len(law.outcomes), seed=19)
    assert sorted(sample.tokens for sample in run) == sorted(law.outcomes)
    for sample in run:
        assert sample.log_weight == pytest.approx(law.log_joint[law.index[sample.tokens]])
    assert sampler.certificate.lower == pytest.approx(np.exp(law.log_z))
    with pytest.raises(NoSampleError, match="0 of 1"):
        sampler.sample(1, seed=20)


def test_attempts_run_out():
    table = np.array([[0.0, 1 - 1e-9, 1e-9]] * 4)
    for make in (Cars, Rejection):
        with pytest.raises(NoSampleError) as caught:
            make(make_target("(ab){5}", tokens="ab", table=table, max_tokens=12), max_attempts=8).sample(2, seed=21)
        assert caught.value.attempts <= 8


def test_bounds_hold_at_any_time(law):
    z = np.exp(law.log_z)
    enumeration = Enumeration(law.target, batch=1)
    distances = []
    for _ in range(40):
        c = enumeration.certificate
        assert c.lower <= z + 1e-12
        assert z <= c.upper + 1e-12
        distances.append(c.distance)
        enumeration._open()
    assert all(later <= earlier + 1e-12 for earlier, later in itertools.pairwise(distances))
    assert enumeration.run(0.0).distance == pytest.approx(0, abs=1e-12)


def test_the_certified_distance_bounds_the_true_one(law):
    for wanted in (0.5, 0.2, 0.05):
        enumeration = Enumeration(law.target, batch=1)
        certificate = enumeration.run(wanted)
        part = np.array([np.exp(enumeration.texts.get(tokens, -np.inf)) for tokens in law.outcomes])
        assert total_variation(part / part.sum(), law.probabilities) <= certificate.distance + 1e-12 <= wanted + 2e-12


def test_certified_samples(law):
    check_law(Enumeration(law.target).sample(5000, seed=22, distance=0.0), law)


def test_the_k_best_are_the_k_best(law):
    want = np.sort(law.log_joint)[::-1]
    enumeration = Enumeration(law.target, batch=2)
    for k in (1, 3, len(want) + 5):
        found = enumeration.best(k)
        assert [log for _, log in found] == pytest.approx(want[:k])
        assert all(law.log_joint[law.index[tokens]] == pytest.approx(log) for tokens, log in found)
