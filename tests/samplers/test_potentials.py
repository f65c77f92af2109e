"""Potentials: laws, batches, products, time limits, errors that name the text."""

import asyncio
import sqlite3
import time

import numpy as np
import pytest

from maskwright.errors import OptionError, PredicateError
from maskwright.samplers.potentials import Potential, Predicate, Product, Weight, check_laws, compiles_as_python

TEXTS = [b"", b"a", b"ab", b"abc"]


def test_a_potential_is_one():
    potential = Potential()
    assert potential.prefix(TEXTS).tolist() == potential.complete(TEXTS).tolist() == [0.0] * 4
    assert not potential.has_prefix


def test_products():
    even = Predicate(lambda text: len(text) % 2 == 0)
    asked = []

    def costly(text):
        asked.append(text)
        return -0.5 * len(text)

    product = even * Weight(costly, prefix=lambda text: -1.0)
    assert product.complete(TEXTS).tolist() == [0.0, -np.inf, -1.0, -np.inf]
    assert asked == ["", "ab"]                                  # later factors see what is still alive
    assert product.prefix(TEXTS).tolist() == [-1.0] * 4
    assert product.has_prefix
    assert not product.is_boolean
    assert (even * even).is_boolean
    assert len(Product([product, even]).factors) == 3
    assert "Weight(costly)" in product.describe()


def test_batches():
    sizes = []

    def many(texts):
        sizes.append(len(texts))
        return [len(text) < 3 for text in texts]

    assert Predicate(many, batch=True).complete(TEXTS).tolist() == [0, 0, 0, -np.inf]
    assert sizes == [4]


@pytest.mark.parametrize("bad", [lambda texts: [True], lambda texts: True, lambda texts: None])
def test_batches_of_another_length(bad):
    with pytest.raises(PredicateError, match=r"expected a list|answers for 4 texts"):
        Predicate(bad, batch=True).complete(TEXTS)


def test_asynchronous_ones_run_together():
    running = []

    async def slow(text):
        running.append(text)
        await asyncio.sleep(0.05)
        return len(running) == 4

    assert Predicate(slow).complete(TEXTS).tolist() == [0.0] * 4


def test_asynchronous_inside_a_running_loop():
    async def answer(text):
        return text != "ab"

    async def caller():
        return Predicate(answer).complete(TEXTS).tolist()

    assert asyncio.run(caller()) == [0, 0, -np.inf, 0]


def test_asynchronous_batch():
    async def many(texts):
        return [text != "ab" for text in texts]

    assert Predicate(many, batch=True).complete(TEXTS).tolist() == [0, 0, -np.inf, 0]


async def forever(text):
    await asyncio.sleep(30)


async def fails(text):
    raise LookupError(text)


def sleeps(text):
    if text == "ab":
        time.sleep(5)
    return True


@pytest.mark.parametrize("function", [sleeps, forever])
def test_time_limits(function):
    began = time.monotonic()
    with pytest.raises(PredicateError, match=r"no answer within 0\.2 s") as caught:
        Predicate(function, seconds=0.2).complete(TEXTS)
    assert time.monotonic() - began < 4
    assert caught.value.text in TEXTS


def test_in_time():
    assert Predicate(lambda text: len(text) < 2, seconds=20).complete(TEXTS).tolist() == [0, 0, -np.inf, -np.inf]


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (lambda text: text[0] == "a", "IndexError"),
        (lambda text: None, "expected True or False"),
        (lambda text: 1, "expected True or False"),
        (fails, "LookupError"),
    ],
)
def test_an_error_names_its_text(function, reason):
    with pytest.raises(PredicateError, match=reason) as caught:
        Predicate(function).complete(TEXTS)
    assert caught.value.text == b""


@pytest.mark.parametrize(("value", "reason"), [(float("nan"), "nan"), (float("inf"), "inf"), ("much", "no number")])
def test_weights_are_numbers(value, reason):
    with pytest.raises(PredicateError, match=reason):
        Weight(lambda text: value).complete([b"x"])


def test_forms():
    halves = "é".encode()
    assert Predicate(lambda text: text == "", prefix=lambda text: text == "").prefix([halves[:1]]).tolist() == [0.0]
    assert Predicate(lambda data: data == halves, on="bytes").complete([halves]).tolist() == [0.0]
    pytest.importorskip("pydantic_core", reason="partial JSON is read by pydantic-core (extra types)")
    small = Predicate(lambda v: v["a"] < 5, prefix=lambda v: not isinstance(v, dict) or v.get("a", 0) < 5, on="json")
    assert small.complete([b'{"a": 3}', b'{"a": 9}']).tolist() == [0, -np.inf]
    assert small.prefix([b"", b'{"a": 3, "b', b'{"a": 9, "b']).tolist() == [0, 0, -np.inf]
    with pytest.raises(PredicateError, match="read as json"):
        small.complete([b'{"a"'])


def test_python_code():
    code = compiles_as_python()
    assert code.complete([b"x = 1\n", b"def f():\n    return 1\n", b"x = = 1\n", b"(1,\n"]).tolist() == [0, 0, -np.inf, -np.inf]
    assert code.prefix([b"x = (1,\n", b"def f():\n", b's = """a\n', b"x = =", b"  x\n y\n"]).tolist() == [0, 0, 0, 0, -np.inf]
    check_laws(code, [b"x = (1,\n 2)\n", b'def f():\n    """doc\n    """\n    return {"a": [1]}\n', b"if x:\n    y\nelse:\n    z\n"])
    assert compiles_as_python("eval").complete([b"1 + 1", b"x = 1"]).tolist() == [0, -np.inf]


def test_a_database_as_predicate():
    """Tables and columns of a query, checked by the database itself."""
    database = sqlite3.connect(":memory:")
    database.execute("create table people (name text, age integer)")

    def runs(query):
        try:
            database.execute(f"explain {query}")
        except sqlite3.Error:
            return False
        return True

    check = Predicate(runs)
    queries = [b"select name from people", b"select size from people", b"select name from cities"]
    assert check.complete(queries).tolist() == [0, -np.inf, -np.inf]


def test_laws_that_hold():
    check_laws(Predicate(lambda t: "ab" not in t, prefix=lambda t: "ab" not in t) * Weight(lambda t: -1.0), [b"abc", b"cab", b"ca"])


@pytest.mark.parametrize(
    ("potential", "law"),
    [
        (Predicate(prefix=lambda t: len(t) != 1), "law 1"),
        (Predicate(lambda t: True, prefix=lambda t: len(t) < 2), "law 1"),
    ],
)
def test_laws_that_fail(potential, law):
    with pytest.raises(PredicateError, match=law):
        check_laws(potential, [b"abc"])


def test_a_batch_that_leaks():
    class Leaky(Potential):
        has_prefix = True

        def prefix(self, texts):
            return np.arange(len(texts), dtype=float)

    with pytest.raises(PredicateError, match="law 3"):
        check_laws(Leaky(), [b"ab"])


@pytest.mark.parametrize("make", [lambda: Weight(), lambda: Weight(len, on="xml"), lambda: Weight(len, seconds=0)])
def test_unusable_arguments(make):
    with pytest.raises(OptionError):
        make()


def test_what_is_no_function_and_no_potential():
    with pytest.raises(OptionError, match="complete=5"):
        Predicate(5)
    with pytest.raises(OptionError, match="prefix='x'"):
        Weight(prefix="x")
    with pytest.raises(TypeError):
        Weight(len) * 5
