"""What the trie learns, ASAp's law of the second text by enumeration, and weights of adaptive samplers."""

import numpy as np
import pytest

from maskwright.errors import OptionError, SerializationVersionError
from maskwright.samplers.asap import Asap
from maskwright.samplers.cars import Cars
from maskwright.samplers.exact import enumerate_target, null_band, total_variation
from maskwright.samplers.trie import Node, Trie

from .targets import TARGETS, dead_end_trap, make_target


def reachable(law):
    """h(u) for every prefix: the probability to end in the language, by summing over it."""
    h = {}
    for tokens, log in zip(law.outcomes, law.log_joint.tolist()):
        for end in range(len(tokens) + 1):
            h[tokens[:end]] = h.get(tokens[:end], 0.0) + np.exp(log)
    for prefix in h:
        steps = [law.rows[prefix[:i]] for i in range(len(prefix))]
        log_p = sum(float(row.log_p[row.tokens == token][0]) for row, token in zip(steps, prefix))
        h[prefix] /= np.exp(log_p)
    return h


@pytest.mark.parametrize("make", [Asap, Cars])
def test_bounds_enclose_the_truth_at_every_node(law, make):
    h = reachable(law)
    sampler = make(law.target)
    for seed in range(25):
        sampler.sample(2, seed=seed)
        stack = [((), sampler.trie.root)]
        while stack:
            prefix, node = stack.pop()
            assert node.floor - 1e-12 <= h[prefix] <= node.total + 1e-12
            for token, child in node.children.items():
                place = node.find(token)
                assert node.upper[place] == pytest.approx(child.total)
                stack.append(((*prefix, token), child))


def second_text_law(law):
    """The law of ASAp's second text: for every first text, the masked walk with the bounds that it leaves behind."""
    total = np.zeros(len(law.outcomes))
    for first, log_q in zip(law.outcomes, law.log_masked.tolist()):
        bounds = {}
        for end in range(len(first), -1, -1):                   # the entry of a visited prefix: sum of p * bounds of its tokens
            row = law.rows[first[:end]]
            bounds[first[:end]] = sum(np.exp(p) * bounds.get((*first[:end], int(t)), 1.0) for t, p in zip(row.tokens, row.log_p))
        for place, text in enumerate(law.outcomes):
            q = 1.0
            for end in range(len(text) + 1):
                row = law.rows[text[:end]]
                weights = np.exp(row.log_p) * [bounds.get((*text[:end], int(t)), 1.0) for t in row.tokens]
                chosen = row.tokens == text[end] if end < len(text) else law.target.is_end[row.tokens]
                q *= weights[chosen].sum() / weights.sum()
            total[place] += np.exp(log_q) * q
    return total


@pytest.mark.parametrize("name", ["trap", "duplicates", "warm"])
def test_asap_second_text(name):
    law = enumerate_target(TARGETS[name]())
    assert law.dead_mass == pytest.approx(0)
    want = second_text_law(law)
    assert want.sum() == pytest.approx(1)
    rng = np.random.default_rng(31)
    runs = [Asap(law.target).sample(2, rng) for _ in range(800)]
    firsts, seconds = (law.count([run[i].tokens for run in runs]) / 800 for i in range(2))
    assert total_variation(firsts, law.masked) < null_band(law.masked, 800, seed=104).q999
    assert total_variation(seconds, want) < null_band(want, 800, seed=105).q999


def test_asap_weights_are_proper(trap):
    """Each weight is unbiased for Z given what was learnt before: w(x) = P(x) / q(x) exactly, and E[w] = Z."""
    rng = np.random.default_rng(32)
    second = np.array([Asap(trap.target).sample(2, rng)[1].log_weight for _ in range(800)])
    weights = np.exp(second)
    want = second_text_law(trap)
    assert (want > 0).all()
    error = weights.std() / len(weights) ** 0.5
    assert abs(weights.mean() - np.exp(trap.log_z)) < 4 * error


def test_asap_tends_to_the_target(trap):
    sampler = Asap(trap.target)
    sampler.sample(400, seed=33)
    late = sampler.sample(3000, seed=34)
    assert trap.distance([sample.tokens for sample in late]) < 2 * trap.null_band(3000, seed=106).q999
    assert sampler.certificate.distance < 0.01


def test_dead_ends_are_learnt():
    """Under the length rule "condition" a text cut by the budget teaches that its prefix leads nowhere."""
    target = make_target("(abc)+", max_tokens=4, length="condition")
    sampler = Asap(target)
    run = sampler.sample(30, seed=35)
    assert {sample.outcome for sample in run} == {"stop", "length"}
    assert all(sample.tokens == (0, 1, 2) for sample in run.valid)
    assert all(np.isneginf(sample.log_weight) for sample in run if sample.outcome != "stop")
    assert run[29].outcome == "stop"
    z = np.exp(enumerate_target(target).log_z)
    assert sampler.trie.root.total == pytest.approx(z)


def test_a_saved_trie_is_the_same_trie(trap, tmp_path):
    sampler = Cars(trap.target, trie=Trie(keep=2, max_nodes=12))
    sampler.sample(200, seed=36)
    sampler.trie.save(tmp_path / "trie.npz", "trap")
    again = Trie.load(tmp_path / "trie.npz", "trap")
    assert again.num_nodes == sampler.trie.num_nodes > 5
    assert again.nbytes == sampler.trie.nbytes
    have, want = ([(n.tokens.tolist(), n.upper.tolist(), n.rest, sorted(n.children)) for n in t._nodes()] for t in (again, sampler.trie))
    assert have == want
    one, other = Cars(trap.target, trie=again), Cars(trap.target, trie=sampler.trie)
    assert [s.tokens for s in one.sample(50, seed=37)] == [s.tokens for s in other.sample(50, seed=37)]


def test_a_trie_about_something_else_is_refused(trap, tmp_path):
    sampler = Asap(trap.target)
    sampler.sample(3, seed=38)
    sampler.trie.save(tmp_path / "trie.npz", "trap")
    with pytest.raises(SerializationVersionError, match="do not hold here"):
        Trie.load(tmp_path / "trie.npz", "another prompt")
    (tmp_path / "text").write_text("no trie")
    with pytest.raises(SerializationVersionError, match="not a saved trie"):
        Trie.load(tmp_path / "text", "trap")


def test_nodes_are_sparse():
    """At 100,000 tokens a node keeps a few kilobytes, and its total is the row's mass."""
    rng = np.random.default_rng(39)
    logs = rng.normal(0, 2, 100_000)
    logs -= np.log(np.exp(logs).sum())
    allowed = rng.random(100_000) < 0.5
    ends = np.zeros(100_000, bool)
    ends[7] = allowed[7] = True
    node = Node.from_row(logs, allowed, ends, True)
    assert node.nbytes < 2000
    assert node.total == pytest.approx(np.exp(logs[allowed]).sum())
    assert node.floor == pytest.approx(np.exp(logs[7]))
    row = node.bounds(logs, allowed)
    assert np.exp(row).sum() == pytest.approx(node.total)


def test_limits_of_a_trie():
    for bad in ({"keep": 0}, {"max_nodes": 1}):
        with pytest.raises(OptionError):
            Trie(**bad)


def test_a_trie_is_shared_by_samplers():
    """What ASAp learnt raises the acceptance of CARS from its first attempt on."""
    target = dead_end_trap()
    z = np.exp(enumerate_target(target).log_z)
    teacher = Asap(target)
    teacher.sample(200, seed=40)
    learned, naive = (Cars(target, trie=trie).sample(20, seed=41).notes["acceptance"] for trie in (teacher.trie, None))
    assert learned > 0.9 > naive > z
