"""A child forked while the parent compiles its kernels neither hangs nor crashes."""

import os
import subprocess
import sys
import textwrap

import pytest

SCRIPT = textwrap.dedent(
    """
    import os, signal, sys, time
    import maskwright as mw
    from maskwright.automata.kernels import KERNELS

    vocab = mw.Vocabulary.from_bytes([*(bytes([b]) for b in range(256)), b'{"', b'": ', b""], eos_ids=[258])
    schema = {"type": "object", "properties": {"a": {"type": "string", "pattern": "x"}, "b": {"type": "integer"}}}
    KERNELS.prepare()
    while not KERNELS._lock.locked():
        time.sleep(0.001)
    child = os.fork()
    if child == 0:
        signal.alarm(60)
        c = mw.compile(vocab, schema=schema)
        state = c.start
        for byte in b'{"a": "yxy", "b": -12}':
            assert byte in c.allowed(state)
            state = c.advance(state, byte)
        mw.warmup()
        os._exit(0 if c.is_accepting(state) and not KERNELS.compiled else 1)
    _, status = os.waitpid(child, 0)
    sys.stderr.flush()
    os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
    """
)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_child_forked_while_kernels_compile_works(tmp_path):
    env = {**os.environ, "MASKWRIGHT_CACHE_DIR": str(tmp_path / "cache"), "NUMBA_CACHE_DIR": str(tmp_path / "numba")}
    env.pop("NUMBA_DISABLE_JIT", None)
    done = subprocess.run([sys.executable, "-c", SCRIPT], env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
