"""The oracle against numbers worked by hand, and its own identities."""

import numpy as np
import pytest

from maskwright.errors import LimitExceeded, OptionError
from maskwright.samplers.exact import enumerate_target, null_band, total_variation
from maskwright.samplers.potentials import Predicate
from maskwright.samplers.table_model import TableLM
from maskwright.samplers.target import Target, Warp

from .targets import dead_end_trap, make_target


def test_the_trap_by_hand():
    """P(b) = .1 * .8; masked: .1 * .8 / .85 (after b only the end, of .8, is left: all of it)."""
    law = enumerate_target(dead_end_trap())
    b = law.index[(1,)]
    assert np.exp(law.log_joint[b]) == pytest.approx(0.1 * 0.8)
    assert np.exp(law.log_masked[b]) == pytest.approx(0.1)
    aba = law.index[(0, 1, 0)]
    assert np.exp(law.log_joint[aba]) == pytest.approx(0.7 * 1e-3 * 0.05 * (0.05 - 1e-3))
    assert np.exp(law.log_masked[aba]) == pytest.approx(0.7 * 1 * 0.05 / 0.2)
    assert law.probabilities.sum() == pytest.approx(1)
    assert total_variation(law.masked, law.probabilities) > 0.5


def test_the_mean_weight_is_z(law):
    assert np.exp(law.log_masked + law.log_weights).sum() == pytest.approx(np.exp(law.log_z))
    assert np.exp(law.log_masked).sum() + law.dead_mass == pytest.approx(1)


def test_kernels_keep_the_target(law):
    for kernel in (law.restart_kernel, law.suffix_kernel):
        assert kernel.sum(axis=1) == pytest.approx(1)
        assert law.probabilities @ kernel == pytest.approx(law.probabilities)
        assert (kernel >= -1e-12).all()


def test_the_end_is_paid_at_the_budget():
    """Of ``a*`` within two tokens, aa carries p(end | aa) like every other text."""
    table = np.array([[0.6, 0.4], [0.5, 0.5], [0.9, 0.1]])
    law = enumerate_target(make_target("a*", tokens="a", table=table, max_tokens=2))
    have = dict(zip(law.outcomes, np.exp(law.log_joint).tolist()))
    assert have == {(): pytest.approx(0.1), (0,): pytest.approx(0.9 * 0.4), (0, 0): pytest.approx(0.9 * 0.6 * 0.4)}


def test_length_rules():
    """Without lookahead the masked sampler runs into the end of the budget; the target is the same here."""
    want = enumerate_target(make_target("(abc)*", max_tokens=4, length="budget"))
    have = enumerate_target(make_target("(abc)*", max_tokens=4, length="condition"))
    assert sorted(want.outcomes) == sorted(have.outcomes) == [(), (0, 1, 2)]
    assert want.log_z == pytest.approx(have.log_z)
    assert want.dead_mass == pytest.approx(0)
    assert have.dead_mass > 0.01


def test_tokenizations():
    every = enumerate_target(make_target("ab", extra=("ab",), max_tokens=3))
    assert sorted(every.outcomes) == [(0, 1), (3,)]
    vocab = every.target.vocab
    canonical = enumerate_target(every.target, encode=vocab.encode)
    assert canonical.outcomes == [(3,)]
    assert canonical.log_joint[0] == every.log_joint[every.index[(3,)]]


def test_a_potential_is_part_of_the_target():
    law = enumerate_target(make_target("[ab]{1,3}", potential=Predicate(lambda text: text.endswith("a"))))
    assert law.outcomes
    assert all(tokens[-1] == 0 for tokens in law.outcomes)


def test_warp_is_the_targets():
    logs = np.log([[0.5, 0.3, 0.15, 0.05]])
    assert np.exp(Warp(temperature=0.5).apply(logs))[0] == pytest.approx(np.array([0.25, 0.09, 0.0225, 0.0025]) / 0.365)
    assert np.exp(Warp(top_k=2).apply(logs))[0] == pytest.approx([0.625, 0.375, 0, 0])
    assert np.exp(Warp(top_p=0.75).apply(logs))[0] == pytest.approx([0.625, 0.375, 0, 0])
    assert np.exp(Warp(top_p=0.4).apply(logs))[0] == pytest.approx([1, 0, 0, 0])
    assert np.exp(Warp(min_p=0.3).apply(logs))[0] == pytest.approx(np.array([0.5, 0.3, 0.15, 0]) / 0.95)
    assert Warp().apply(logs) is logs


@pytest.mark.parametrize(
    ("option", "make"),
    [
        ("temperature", lambda: Warp(temperature=0)),
        ("top_k", lambda: Warp(top_k=0)),
        ("top_p", lambda: Warp(top_p=0.0)),
        ("min_p", lambda: Warp(min_p=1.5)),
        ("max_tokens", lambda: make_target(max_tokens=-1)),
        ("length", lambda: make_target(length="cut")),
        ("potential", lambda: make_target(potential=lambda text: True)),
        ("model", lambda: Target(TableLM(np.ones((3, 2))), make_target().constraint, 3)),
        ("table", lambda: TableLM(np.ones((3, 4)))),
        ("table", lambda: TableLM(np.zeros((3, 2)))),
    ],
)
def test_unusable_arguments(option, make):
    with pytest.raises(OptionError) as caught:
        make()
    assert caught.value.option == option


def test_a_large_language_is_refused():
    with pytest.raises(LimitExceeded, match="max_prefixes"):
        enumerate_target(make_target("[abc]*", max_tokens=8), max_prefixes=100)


def test_null_band_of_a_coin():
    """TV of n fair flips is |k/n - 1/2|, of mean about sqrt(1 / (2 pi n))."""
    band = null_band(np.array([0.5, 0.5]), 10_000, seed=1, repeats=4000)
    assert band.mean == pytest.approx((2 * np.pi * 10_000) ** -0.5, rel=0.05)
    assert band.mean < band.q95 < band.q999 < 0.025


def test_pair_law(law):
    """Importance resampling with two particles, by enumeration of all pairs."""
    q, w = np.exp(law.log_masked), np.exp(law.log_weights)
    want = np.zeros(len(q))
    for x in range(len(q)):
        for y in range(len(q)):
            for picked in (x, y):
                want[picked] += q[x] * q[y] * w[picked] / (w[x] + w[y])
        want[x] += 2 * q[x] * law.dead_mass
    assert law.pair_law() == pytest.approx(want / want.sum())
