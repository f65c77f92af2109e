"""The choice of a sampler from a pilot's numbers."""

import numpy as np
import pytest

from maskwright.samplers.auto import Auto, choose
from maskwright.samplers.exact import enumerate_target
from maskwright.samplers.masked import Masked
from maskwright.samplers.potentials import Predicate

from .targets import TARGETS, make_target


def rare(potential=None):
    """A language the model hardly ever writes, over a model whose weights are unequal."""
    table = np.array([[0.001, 0.299, 0.7], [0.004, 0.006, 0.99], [1, 1, 1], [0.01, 0.01, 0.98]])
    return make_target("[ab]{3}", tokens="ab", table=table, max_tokens=3, potential=potential)


@pytest.mark.parametrize(
    ("make", "n", "name"),
    [
        (lambda: make_target("[abc]*", tokens="abc", table=np.full((5, 4), 0.25), max_tokens=9, length="condition"), 4, "cars"),
        (TARGETS["trap"], 4, "cars"),
        (rare, 4, "importance"),
        (rare, 1, "mcmc"),
        (lambda: rare(Predicate(lambda t: True, prefix=lambda t: True)), 4, "smc"),
        (lambda: make_target("a{3}", tokens="a", table=np.full((3, 2), 0.5), max_tokens=3), 4, "masked"),
    ],
)
def test_choices(make, n, name):
    target = make()
    run = Auto(target).sample(n, seed=91)
    choice = run.notes["choice"]
    assert choice.name == name
    assert choice.reason
    assert len(run) == n
    assert run.model_calls > 0
    assert all(sample.outcome == "stop" for sample in run) or name == "masked"


def test_where_masking_is_exact_it_stays():
    """Z_t is the same on every path: the weights of the pilot are equal, and so are all others."""
    target = make_target("a{3}", tokens="a", table=np.full((3, 2), 0.5), max_tokens=3)
    run = Auto(target).sample(200, seed=92)
    assert np.ptp(run.log_weights) < 1e-9
    law = enumerate_target(target)
    assert law.distance([sample.tokens for sample in run]) < 1e-9


def test_a_pilot_of_dead_texts():
    target = make_target("[abc]{4}", potential=Predicate(lambda text: text == "abca"))
    pilot = Masked(target).sample(3, seed=93)
    assert choose(pilot, 1, False).name in ("smc", "cars")
