"""Automata kept in the cache folder are the ones that were made."""

import numpy as np
import pytest

from maskwright.automata import cache
from maskwright.grammar.json_schema import formats_net, stored
from maskwright.grammar.json_schema.spelling import spell


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty cache folder, and a process that has made nothing yet."""
    monkeypatch.setenv(cache.ENVIRONMENT_VARIABLE, str(tmp_path))
    monkeypatch.setattr(stored, "_known", {})
    monkeypatch.setattr(stored, "_spelled", {})
    return tmp_path


def forget(monkeypatch):
    monkeypatch.setattr(stored, "_known", {})
    monkeypatch.setattr(stored, "_spelled", {})


def test_what_is_read_is_what_was_made(folder, monkeypatch):
    """The second process reads both automata, and they are equal to those made here."""
    made = stored.language("ipv6", formats_net.ipv6)
    assert len(list(folder.glob("formats/ipv6-*.arrays"))) == 1
    forget(monkeypatch)

    def never():
        raise AssertionError("made again")

    read = stored.language("ipv6", never)
    assert read is not made
    assert read.key == made.key == formats_net.ipv6().minimize().key
    assert (read.alphabet, read.start, read.labels) == (made.alphabet, made.start, made.labels)
    assert np.array_equal(read.table, made.table)
    have, want = stored.spelled(read), spell(made)
    assert have.key == want.key
    assert (have.alphabet, have.start, have.labels, have.opened) == (want.alphabet, want.start, want.labels, want.opened)
    assert np.array_equal(have.table, want.table)
    assert np.array_equal(have.weights, want.weights)
    assert have.accepts(b'"::1"')
    assert not have.accepts(b'"::g"')


def test_another_version_is_not_read(folder, monkeypatch):
    """An entry of other sources is not looked at; a damaged one is made again."""
    stored.language("ipv4", formats_net.ipv4)
    forget(monkeypatch)
    monkeypatch.setattr(stored, "_sources", lambda: "of another version")
    made = []
    stored.language("ipv4", lambda: made.append(1) or formats_net.ipv4())
    assert made
    (entry,) = folder.glob("formats/ipv4-of another version.arrays")
    entry.write_bytes(entry.read_bytes()[:-1])
    forget(monkeypatch)
    stored.language("ipv4", lambda: made.append(2) or formats_net.ipv4())
    assert made == [1, 2]


def test_without_a_folder_it_is_made(monkeypatch):
    monkeypatch.setenv(cache.ENVIRONMENT_VARIABLE, "")
    forget(monkeypatch)
    assert stored.language("ipv4", formats_net.ipv4).accepts("127.0.0.1")
