"""SMC, importance resampling, MCMC and beams against their enumerated or simulated law, and by E[w f]."""

import numpy as np
import pytest

from maskwright.errors import NoSampleError, OptionError
from maskwright.samplers.exact import enumerate_target, null_band, total_variation
from maskwright.samplers.masked import Importance
from maskwright.samplers.mcmc import Mcmc
from maskwright.samplers.potentials import Predicate, Weight
from maskwright.samplers.resampling import SCHEMES
from maskwright.samplers.search import Beam, RandomBeam
from maskwright.samplers.smc import Smc
from maskwright.samplers.trie import Trie

from .targets import dead_end_trap, make_target


def within(terms, want, errors=4.5):
    return abs(terms.mean() - want) <= errors * terms.std() / len(terms) ** 0.5 + 1e-15


@pytest.mark.parametrize("name", sorted(SCHEMES))
def test_resampling_is_unbiased(name):
    weights = np.array([0.4, 0.0, 0.05, 0.35, 0.2])
    rng = np.random.default_rng(71)
    counts = np.array([np.bincount(SCHEMES[name](weights, rng), minlength=5) for _ in range(4000)])
    assert (counts.sum(axis=1) == 5).all()
    assert (counts[:, 1] == 0).all()
    for i in range(5):
        assert within(counts[:, i].astype(float), 5 * weights[i])
    if name in ("systematic", "residual"):                      # never fewer than the whole copies that are due
        assert (counts >= np.floor(5 * weights + 1e-9)).all()


@pytest.mark.parametrize("name", sorted(SCHEMES))
def test_resampling_at_the_edges(name):
    rng = np.random.default_rng(72)
    assert SCHEMES[name](np.array([0.0, 1.0, 0.0]), rng).tolist() == [1, 1, 1]
    assert SCHEMES[name](np.full(4, 0.25), rng).tolist() == [0, 1, 2, 3] or name == "multinomial"


def smc_targets():
    phi = {"a": -1.5, "b": 0.4, "c": 0.0}
    return {
        "trap": (dead_end_trap(0.05), {}),
        "critic": (make_target("[abc]{0,3}", seed=42, max_tokens=3, potential=Weight(
            lambda t: sum(map(phi.get, t)), prefix=lambda t: sum(map(phi.get, t)))), {}),
        "awrs": (make_target("[abc]{0,3}", seed=43, max_tokens=3, potential=Predicate(
            lambda t: t.count("a") % 2 == 0, prefix=lambda t: t.count("a") < 3)), {"proposal": "awrs"}),
        "twist": (make_target("[abc]{2,3}", seed=44, max_tokens=3), {"twist": Weight(prefix=lambda t: 0.7 * t.count("c"))}),
        "trie": (dead_end_trap(0.05), {"trie": Trie(keep=2)}),
        "bytes": (make_target("(ab|c){1,2}", extra=("ab",), seed=45, max_tokens=4), {"align": 2}),
        "delimiter": (make_target("(a?bc?){1,2}", seed=46, max_tokens=4), {"align": b"b"}),
    }  # fmt: skip


@pytest.mark.parametrize("name", sorted(smc_targets()))
@pytest.mark.parametrize("resampling", ["systematic", "multinomial"])
def test_smc_weights_are_proper(name, resampling):
    """E[mean w] = Z and E[mean w f] = sum P phi f, whatever was resampled."""
    target, options = smc_targets()[name]
    law = enumerate_target(target)
    joint = np.exp(law.log_joint)
    sampler = Smc(target, particles=4, ess=0.9, resampling=resampling, **options)
    rng = np.random.default_rng(73)
    runs = [sampler.run(4, rng) for _ in range(500)]
    assert sum(run.notes["resampled"] for run in runs) > 10 or name == "trie"     # a trie soon leaves nothing to resample
    assert within(np.array([np.exp(run.log_evidence) for run in runs]), joint.sum())
    for place in np.argsort(-joint)[:4]:
        terms = np.array([np.mean(np.exp(run.log_weights) * [s.tokens == law.outcomes[place] for s in run]) for run in runs])
        assert within(terms, joint[place])
    assert {s.tokens for run in runs for s in run.valid} <= set(law.outcomes)


def simulated_smc(law, particles, ess, runs, seed):
    """SMC on the enumerated tree, written independently, with multinomial resampling: the law of one pick."""
    rng = np.random.default_rng(seed)
    counts = np.zeros(len(law.outcomes))
    for _ in range(runs):
        texts, weights, done = [()] * particles, np.ones(particles), [False] * particles
        while not all(done):
            for i in range(particles):
                if done[i]:
                    continue
                row = law.rows[texts[i]]
                p = np.exp(row.log_p)
                weights[i] *= p.sum()
                token = int(rng.choice(row.tokens, p=p / p.sum()))
                if law.target.is_end[token]:
                    done[i] = True
                else:
                    texts[i] = (*texts[i], token)
            share = weights / weights.sum()
            if 1 / (share**2).sum() < ess * particles and not all(done):
                chosen = rng.choice(particles, particles, p=share)
                texts, done = [texts[c] for c in chosen], [done[c] for c in chosen]
                weights = np.full(particles, weights.mean())
        counts[law.index[texts[int(rng.choice(particles, p=weights / weights.sum()))]]] += 1
    return counts / runs


def test_smc_has_its_finite_law(trap):
    """Four particles: the sampler's pick against an independent simulation on the enumerated tree, both of 1200 runs."""
    want = simulated_smc(trap, 4, 0.6, 1200, seed=74)
    sampler = Smc(trap.target, particles=4, ess=0.6, resampling="multinomial")
    rng = np.random.default_rng(75)
    have = trap.count([sampler.sample(1, rng)[0].tokens for _ in range(1200)]) / 1200
    pooled = (want + have) / 2
    rng = np.random.default_rng(108)
    null = [total_variation(*(rng.multinomial(1200, pooled, size=2) / 1200)) for _ in range(2000)]
    assert total_variation(want, have) < np.quantile(null, 0.999)
    assert total_variation(have, trap.probabilities) < total_variation(trap.masked, trap.probabilities)


def test_importance_resampling_has_the_pair_law(trap):
    sampler = Importance(trap.target, particles=2)
    rng = np.random.default_rng(76)
    have = trap.count([sampler.sample(1, rng)[0].tokens for _ in range(1500)]) / 1500
    assert total_variation(have, trap.pair_law()) < null_band(trap.pair_law(), 1500, seed=109).q999


def test_importance_with_all_particles_keeps_weights(trap):
    run = Importance(trap.target, particles=5).sample(5, seed=77)
    assert len(set(run.log_weights.tolist())) > 1
    assert run.weights.sum() == pytest.approx(1)
    assert 1 <= run.ess <= 5
    mean = sum(np.exp(s.log_weight) for s in run) / 5
    assert np.exp(run.log_evidence) == pytest.approx(mean)


def test_dead_particles_stay_in_the_mean():
    """Half the particles die under the rule "condition"; Z is unbiased only with their zeros."""
    target = make_target("(abc)+", order=1, seed=47, max_tokens=4, length="condition")
    law = enumerate_target(target)
    assert law.dead_mass > 0.1
    rng = np.random.default_rng(78)
    sampler = Smc(target, particles=4, ess=0.5)
    runs = [sampler.run(4, rng) for _ in range(400)]
    assert any(s.outcome == "length" for run in runs for s in run)
    assert all(np.isneginf(s.log_weight) for run in runs for s in run if s.outcome != "stop")
    assert within(np.array([np.exp(run.log_evidence) for run in runs]), np.exp(law.log_z))


def test_everything_dies():
    target = make_target("[abc]{1,3}", potential=Predicate(lambda text: False, prefix=lambda text: len(text) < 2))
    for sampler in (Smc(target, particles=3), Smc(target, particles=3, proposal="masked"), Importance(target)):
        with pytest.raises(NoSampleError):
            sampler.sample(2, seed=79)


def test_a_filled_trie_makes_smc_exact():
    """With th close to h all weights are nearly equal: the evidence hardly varies, unlike without."""
    target = dead_end_trap()
    z = np.exp(enumerate_target(target).log_z)
    trie = Trie()
    teacher = Smc(target, particles=4, trie=trie)
    for seed in range(150):
        teacher.run(4, seed)
    have = {name: np.array([np.exp(s.run(4, seed).log_evidence) for seed in range(60)])
            for name, s in {"trie": Smc(target, particles=4, trie=trie), "masked": Smc(target, particles=4)}.items()}  # fmt: skip
    assert have["trie"].std() < 0.02 * z < 0.2 * have["masked"].std()
    assert abs(have["trie"].mean() - z) < 0.01 * z


def test_forward_passes_of_smc():
    """One pass per step over live particles only; the first over the empty prefixes."""
    target = make_target("abc", max_tokens=3)
    before = target.model.usage.calls, target.model.usage.tokens
    run = Smc(target, particles=6).run(6, seed=80)
    assert run.model_calls == target.model.usage.calls - before[0] == 4
    assert run.model_tokens == target.model.usage.tokens - before[1] == 4 * 6


def test_alignment_waits():
    """Particles that spell a unit in one token wait for those that take two."""
    target = make_target("(ab){2}", extra=("ab",), seed=48, spread=0.3, max_tokens=4)
    seen = []

    def units(data):
        seen.append(bytes(data))
        return len(data) // 2

    Smc(target, particles=6, ess=1.0, align=units).run(6, seed=81)
    assert {len(data) for data in seen} == {1, 2, 3, 4}
    first_round = seen[: next(i for i, data in enumerate(seen) if len(data) > 2)]
    assert max(map(len, first_round)) == 2


@pytest.mark.parametrize("cut", ["restart", "suffix"])
@pytest.mark.parametrize("steps", [0, 1, 4])
def test_mcmc_has_its_exact_law(trap, cut, steps):
    """After k steps the law is q times the k-th power of the enumerated transition matrix."""
    want = trap.mcmc_law(steps, cut)
    run = Mcmc(trap.target, steps=steps, cut=cut).sample(2500, seed=82 + steps)
    assert total_variation(trap.count([s.tokens for s in run]) / 2500, want) < null_band(want, 2500, seed=110).q999


def test_mcmc_comes_closer(law):
    distances = [total_variation(law.mcmc_law(k), law.probabilities) for k in (0, 1, 5, 50)]
    assert distances == sorted(distances, reverse=True)


def test_mcmc_with_a_potential_and_dead_ends():
    """The budget is that of the whole text, and bad proposals leave the chain where it is."""
    target = make_target("(ab|c)+", seed=49, max_tokens=3, length="condition", potential=Weight(lambda t: -1.0 * t.count("c")))
    law = enumerate_target(target)
    assert law.dead_mass > 0.01
    run = Mcmc(target, steps=25, cut="suffix").sample(1000, seed=83)
    assert all(len(s.tokens) <= 3 for s in run)
    # 25 steps on a language of a few texts: the distance left is far below the null band
    assert law.distance([s.tokens for s in run]) < law.null_band(1000, seed=111).q999 + 0.005


def test_beam_finds_the_best_when_it_is_wide(law):
    want = np.sort(law.log_joint)[::-1]
    run = Beam(law.target, width=len(want) * 3).sample(5)
    assert [s.log_weight for s in run] == pytest.approx(want[:5])
    assert Beam(law.target, width=1).sample(1)[0].tokens in law.index


def test_random_beam_draws_without_replacement():
    """The first two texts in order: q(x) q(y) / (1 - q(x)); and sums of weights are unbiased for Z and for f."""
    law = enumerate_target(make_target("[ab]{1,2}c?", seed=50, max_tokens=3))
    q = law.masked
    joint = q[:, None] * q[None, :] / (1 - q[:, None])
    np.fill_diagonal(joint, 0)
    rng = np.random.default_rng(84)
    counts, evidence, first = np.zeros_like(joint), [], []
    for _ in range(2000):
        run = RandomBeam(law.target).sample(2, rng)
        counts[law.index[run[0].tokens], law.index[run[1].tokens]] += 1
        evidence.append(np.exp(run.log_weights).sum())
        first.append(sum(np.exp(s.log_weight) for s in run if s.tokens == law.outcomes[0]))
    assert total_variation(counts.ravel() / 2000, joint.ravel()) < null_band(joint.ravel(), 2000, seed=112).q999
    assert within(np.array(evidence), np.exp(law.log_z))
    assert within(np.array(first), np.exp(law.log_joint[0]))


def test_random_beam_takes_the_whole_language(law):
    run = RandomBeam(law.target).sample(len(law.outcomes) + 3, seed=85)
    assert sorted(s.tokens for s in run) == sorted(law.outcomes)
    assert np.exp(run.log_weights).sum() == pytest.approx(np.exp(law.log_z))


@pytest.mark.parametrize(
    "options",
    [{"particles": 0}, {"ess": 1.5}, {"resampling": "lucky"}, {"proposal": "guess"}, {"proposal": "awrs"}, {"align": "word"}, {"align": 0}],
)
def test_unusable_options(options):
    with pytest.raises(OptionError, match=next(iter(options))):
        Smc(make_target(), **options)
