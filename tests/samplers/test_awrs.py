"""Estimators of AWRS by exact recursion over all orders of rejection, and at the masses where others fail."""

import itertools
import math

import numpy as np
import pytest

from maskwright.errors import NoSampleError, OptionError, PredicateError
from maskwright.samplers.awrs import (
    ESTIMATORS,
    Awrs,
    Candidate,
    Drawer,
    Order,
    RandomChance,
    choose_estimator,
    counting,
    geometric,
    recursive,
)
from maskwright.samplers.exact import enumerate_target, null_band, total_variation
from maskwright.samplers.potentials import Predicate, Weight

from .targets import make_target


def orders(p):
    """Every order of a draw without replacement, with its probability, as candidates."""
    ids = [i for i, mass in enumerate(p) if mass > 0]
    for order in itertools.permutations(ids):
        left, probability, candidates = sum(p), 1.0, []
        for place, i in enumerate(order):
            after = sum(p[j] for j in order[place + 1 :])
            probability *= p[i] / left
            logs = [math.log(mass / sum(p)) if mass else -math.inf for mass in (p[i], left, after)]
            candidates.append(Candidate(i, *logs))
            left = after
        yield probability, candidates


class Script:
    """Chance that replays given choices, and asks for more when they run out."""

    class More(Exception):
        pass

    def __init__(self, choices, most):
        self.choices, self.place, self.probability, self.most = choices, 0, 1.0, most

    def _next(self):
        if self.place == len(self.choices):
            raise Script.More
        self.place += 1
        return self.choices[self.place - 1]

    def coin(self, probability):
        chosen = self._next()
        if chosen > 1:                                          # a branch that exists only for `failures`
            self.probability = 0.0
            return False
        self.probability *= probability if chosen else 1 - probability
        return bool(chosen)

    def failures(self, log_probability):
        success = math.exp(log_probability)
        if success > 1 - 1e-15:
            return 0
        count = self._next()
        self.probability *= success * (1 - success) ** count
        return count


def outcomes(estimator, candidates, valid, most):
    """Every path of an estimator through its choices: (probability, token, weight)."""
    stack = [()]
    while stack:
        choices = stack.pop()
        script = Script(choices, most)
        try:
            run = estimator(candidates, script)
            asked = run.send(None)
            while True:
                asked = run.send(asked in valid)
        except StopIteration as end:
            yield script.probability, *end.value
        except Script.More:
            if script.probability > 1e-14:
                stack += [(*choices, choice) for choice in range(most)]


def expectation(estimator, p, valid, most=2):
    """E[w 1(token = a)] for every a, and the probability accounted for."""
    have, total = np.zeros(len(p)), 0.0
    for probability, candidates in orders(p):
        for branch, token, log_w in outcomes(estimator, candidates, valid, most):
            total += probability * branch
            if token >= 0:
                have[token] += probability * branch * math.exp(log_w)
            else:
                assert log_w == -math.inf
    return have, total


P_CASES = {
    "even": [0.25, 0.25, 0.25, 0.25],
    "peaked": [0.9, 0.06, 0.03, 0.01],
    "below two thirds": [0.6, 0.3, 0.05, 0.05],
    "tiny": [0.5, 0.5 - 1e-9, 1e-9],
    "tinier": [0.7, 0.3 - 2e-12, 1e-12, 1e-12],
    "a zero": [0.5, 0.0, 0.3, 0.2],
    "five": [0.4, 0.25, 0.2, 0.1, 0.05],
}


@pytest.mark.parametrize("estimator", [recursive, counting], ids=["recursive", "counting"])
@pytest.mark.parametrize("name", sorted(P_CASES))
def test_proper_weights(name, estimator):
    """E[w f] = sum p C f for the indicator of every token, for every set C that is allowed."""
    p = P_CASES[name]
    for size in range(len(p) + 1):
        for valid in itertools.combinations(range(len(p)), size):
            want = np.array([mass if i in valid else 0.0 for i, mass in enumerate(p)])
            have, total = expectation(estimator, p, valid)
            assert total == pytest.approx(1)
            assert have == pytest.approx(want, rel=1e-9, abs=0)


@pytest.mark.parametrize("checks", [1, 2, 3])
@pytest.mark.parametrize("name", ["peaked", "five", "tiny"])
def test_proper_under_a_limit_of_checks(name, checks):
    p = P_CASES[name]

    def limited(order, chance):
        return recursive(order, chance, checks)

    for valid in itertools.chain.from_iterable(itertools.combinations(range(len(p)), size) for size in range(len(p) + 1)):
        want = np.array([mass if i in valid else 0.0 for i, mass in enumerate(p)])
        assert expectation(limited, p, valid)[0] == pytest.approx(want, rel=1e-9, abs=0)


@pytest.mark.parametrize(
    ("p", "valid", "accepts"),
    [([0.5, 0.2, 0.3], (0, 1), 2), ([0.8, 0.2], (0,), 2), ([0.8, 0.2], (0,), 3), ([0.7, 0.3], (0, 1), 3), ([0.75, 0.25], (), 2)],
)
def test_geometric_is_proper(p, valid, accepts):
    """Phantom rejects are unbounded, so the recursion stops at 25 in a row: what it leaves out is below the tolerance."""

    def estimator(order, chance):
        return geometric(order, chance, None, accepts)

    want = np.array([mass if i in valid else 0.0 for i, mass in enumerate(p)])
    have, total = expectation(estimator, p, valid, most=25)
    assert total == pytest.approx(1, abs=1e-3)
    assert have == pytest.approx(want, abs=2e-6)


def test_the_naive_generalisation_is_not_proper():
    """The test above has power: L (1 - psi) / (n + L) over L = 2 runs, at p = (1/2, 1/2) with one allowed, gives 13/24."""

    def naive(order, chance):
        rejected, first, left, runs = 0, None, 0.0, 0
        for candidate in order:
            while first is not None:
                again = math.exp(first.log_p - np.logaddexp(first.log_p, candidate.log_before))
                if not chance.coin(again):
                    break
                runs += 1
                if runs == 2:
                    return first.token, math.log(2 * left / (rejected + 2))
            if (yield candidate.token):
                first, left = candidate, math.exp(candidate.log_before)
            else:
                rejected += 1
        return (first.token, math.log(2 * left / (rejected + 2))) if first else (-1, -math.inf)

    assert expectation(naive, [0.5, 0.5], (0,))[0][0] == pytest.approx(13 / 24)


def test_the_order_is_a_draw_without_replacement():
    p = np.array([0.5, 0.3, 0.15, 0.05, 0.0])
    want = {tuple(c.token for c in candidates): probability for probability, candidates in orders(p)}
    rng = np.random.default_rng(51)
    with np.errstate(divide="ignore"):
        logs = np.log(p)
    keys = sorted(want)
    counts = dict.fromkeys(keys, 0)
    for _ in range(4000):
        counts[tuple(c.token for c in Order(logs, rng))] += 1
    law = np.array([want[k] for k in keys])
    assert total_variation(np.array([counts[k] for k in keys]) / 4000, law) < null_band(law, 4000, seed=107).q999


def test_masses_left_are_exact_over_chunks():
    """Suffix sums keep their relative precision where 1 - (mass rejected) would be noise."""
    rng = np.random.default_rng(52)
    logs = np.concatenate([[0.0, -1.0], rng.normal(-60, 3, 500)])
    found = list(Order(logs, rng))
    assert sorted(c.token for c in found) == list(range(502))
    p = np.exp(logs - np.logaddexp.reduce(logs))
    for place, candidate in enumerate(found):
        rest = [c.token for c in found[place:]]
        assert math.exp(candidate.log_before) == pytest.approx(math.fsum(p[rest]), rel=1e-12)
        if place + 1 < len(found):
            assert candidate.log_after == pytest.approx(found[place + 1].log_before)


@pytest.mark.parametrize("estimator", [*ESTIMATORS, "auto"])
@pytest.mark.parametrize("mass", [1e-5, 1e-9, 1e-12, 1e-200, 0.0])
def test_a_valid_token_is_found_at_any_mass(estimator, mass):
    """No floor: one valid token of mass 1e-9 (and far below) among 3000 is returned every time; without one the answer is "none"."""
    rng = np.random.default_rng(53)
    p = rng.random(3000)
    p *= (1 - mass) / p.sum()
    p[1234] = mass
    with np.errstate(divide="ignore"):
        logs = np.log(p)[None, :]
    drawer = Drawer(estimator)
    tokens, weights = drawer.draw(np.repeat(logs, 3, axis=0), lambda asked: [token == 1234 for _, token in asked], rng)
    if mass:
        assert tokens.tolist() == [1234] * 3
        assert np.isfinite(weights).all()
        if estimator == "recursive":                            # alone valid: w = q is Z up to the tokens after it, all of them rejected
            assert weights.max() <= 0
    else:
        assert tokens.tolist() == [-1] * 3
        assert np.isneginf(weights).all()
    assert drawer.checks >= 3 * 2900 or mass


def test_three_large_rejects():
    """Z = 2e-5 behind three large invalid tokens: counting has 3/4 of its expectation on rare events, recursive is nearly constant."""
    z = 2e-5
    p = np.concatenate([[1 / 3 - z / 3] * 3, np.full(20, z / 20)])
    assert choose_estimator(np.log(p)) == "recursive"
    assert choose_estimator(np.log(np.full(2000, 1 / 2000))) == "counting"
    rng = np.random.default_rng(54)

    def test(asked):
        return [token >= 3 for _, token in asked]

    have = {name: np.exp(Drawer(name).draw(np.tile(np.log(p), (400, 1)), test, rng)[1]) for name in ("recursive", "counting")}
    assert have["recursive"].mean() == pytest.approx(z, rel=0.05)
    assert have["recursive"].std() < 0.5 * z
    assert have["counting"].mean() == pytest.approx(z / 4, rel=0.2)


def test_draws_are_batched_over_rows():
    """The verdicts of all rows that still search are asked for in one call."""
    sizes = []

    def test(asked):
        sizes.append(len(asked))
        assert len({row for row, _ in asked}) == len(asked)
        return [token == 0 for _, token in asked]

    Drawer("recursive").draw(np.log(np.tile([0.2, 0.4, 0.4], (16, 1))), test, np.random.default_rng(55))
    assert sizes[0] == 16
    assert len(sizes) <= 3
    assert sizes == sorted(sizes, reverse=True)


def test_failures_by_inversion():
    chance = RandomChance(np.random.default_rng(56))
    for log_p in (-0.1, -1.0, -5.0, -29.0, -31.0, -60.0):
        draws = np.array([float(chance.failures(log_p)) for _ in range(4000)])
        want = (1 - math.exp(log_p)) / math.exp(log_p)
        assert draws.mean() == pytest.approx(want, abs=5 * max(draws.std(), want**0.5) / 4000**0.5)
    assert chance.failures(0.0) == 0
    assert chance.failures(-900.0) > 10**300


NO_AB = Predicate(lambda text: "ab" not in text and not text.endswith("c"), prefix=lambda text: "ab" not in text)


@pytest.mark.parametrize("estimator", [*ESTIMATORS, "auto"])
def test_weights_of_whole_texts(estimator):
    """On the residual of a mask: E[w f] is the enumerated value, within four standard errors, for f the indicator of every text."""
    law = enumerate_target(make_target("[abc]{0,3}b?", seed=41, max_tokens=4, potential=NO_AB))
    run = Awrs(law.target, estimator=estimator, batch=500).sample(3000, seed=57)
    joint = np.exp(law.log_joint)
    weights = np.exp(run.log_weights)
    assert abs(weights.mean() - joint.sum()) < 4 * weights.std() / len(weights) ** 0.5
    for place in np.argsort(-joint)[:6]:
        terms = weights * [sample.tokens == law.outcomes[place] for sample in run]
        assert abs(terms.mean() - joint[place]) < 4 * terms.std() / len(terms) ** 0.5
    assert {sample.tokens for sample in run.valid} <= set(law.outcomes)
    assert run.checks > 3000


def test_the_mask_part_is_exact():
    """With a predicate that allows everything the residual weight is 1, and weights are the masked ones to the last bit."""
    target = make_target("[abc]{0,3}b?", seed=41, potential=Predicate(lambda text: True, prefix=lambda text: True))
    law = enumerate_target(target)
    for estimator in ("recursive", "counting"):
        for sample in Awrs(target, estimator=estimator).sample(40, seed=58):
            assert sample.log_weight == pytest.approx(law.log_weights[law.index[sample.tokens]])


def test_a_tiny_state_through_the_whole_sampler():
    """A state with valid mass 1e-9 is no dead end."""
    table = np.array([[1 - 1e-9, 0.5e-9, 0.5e-9], [0.1, 0.1, 0.8], [1, 1, 1], [1, 0, 0]])
    only_ab = Predicate(lambda text: text == "ab", prefix=lambda text: "ab".startswith(text))
    target = make_target("[ab]{2}", tokens="ab", table=table, max_tokens=2, potential=only_ab)
    run = Awrs(target).sample(50, seed=59)
    assert len(run.valid) == 50
    assert {sample.text for sample in run} == {"ab"}
    assert np.exp(run.log_evidence) == pytest.approx(0.5e-9 * 0.8, rel=1e-6)


def test_without_a_predicate_the_mask_is_all_there_is():
    """Weights are then the masses that the mask let through, exactly; nothing is asked of a function."""
    target = make_target("[ab]{2}", tokens="ab", max_tokens=2)
    run, law = Awrs(target).sample(2000, seed=61), enumerate_target(target)
    weights = {outcome: law.probabilities[i] / law.masked[i] * np.exp(law.log_z) for i, outcome in enumerate(law.outcomes)}
    assert run.checks == 0
    assert len({sample.tokens for sample in run}) > 2
    for sample in run:
        assert np.exp(sample.log_weight) == pytest.approx(weights[sample.tokens], rel=1e-9)


def test_what_awrs_needs():
    with pytest.raises(OptionError, match="Predicate"):
        Awrs(make_target(potential=Weight(len)))
    with pytest.raises(OptionError, match="estimator"):
        Drawer("best")
    with pytest.raises(OptionError, match="max_checks"):
        Drawer("counting", max_checks=3)
    with pytest.raises(NoSampleError):
        Awrs(make_target("[abc]{1,3}", potential=Predicate(lambda text: False))).sample(5, seed=60)


def test_an_error_names_the_text():
    def fussy(text):
        if text.endswith("b"):
            raise KeyError("b")
        return True

    with pytest.raises(PredicateError, match="KeyError") as caught:
        Awrs(make_target("[abc]{1,3}", potential=Predicate(lambda text: True, prefix=fussy))).sample(50, seed=61)
    assert caught.value.text.endswith(b"b")
