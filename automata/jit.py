"""The one decorator of compiled functions, and when they are compiled.

`jit` marks a plain function over arrays as a kernel without importing numba: the function stays interpretable, which is its reference
twin and what answers while nothing is compiled. The first use on a machine compiles them in a background thread and says so once; later
processes load them from numba's cache when there is work for them.

Compiled forms are replaced into the kernels' own module, so that a kernel that calls another finds the compiled one. Kernels that call
each other live in one module, because numba's cache notices changes of the caller's file only.
"""

from __future__ import annotations

import hashlib
import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable)
logger = logging.getLogger("maskwright")

#: masks built by interpreted kernels before the compiled ones are loaded
PATIENCE = 16


def jit(function: F) -> F:
    """Mark ``function`` as a kernel; it is compiled by `compile_kernels`."""
    function.__kernel__ = True  # type: ignore[attr-defined]
    return function


class Kernels:
    """The entry kernels of some modules in their interpreted and, once compiled, their machine form.

    Parameters
    ----------
    modules : tuple of modules
        Where the functions marked by `jit` stand, in order of their calls (callees first).
    entries : tuple of str
        Names called from outside.
    exercise : callable
        Calls every entry once with small arrays of the right types: what triggers compilation.
    """

    walk: Callable[..., int]
    walk_terminal: Callable[..., int]
    walk_difference: Callable[..., int]
    feed: Callable[..., int]
    gather: Callable[..., int]
    key_trie: Callable[..., int]
    grow_keys: Callable[..., int]
    alike: Callable[..., int]
    heights: Callable[..., None]
    resemble: Callable[..., int]
    walk_near: Callable[..., int]
    mask_rows: Callable[..., None]

    def __init__(self, modules: tuple[ModuleType, ...], entries: tuple[str, ...], exercise: Callable[[Kernels], None]):
        self._modules = modules
        self._entries = entries
        self._exercise = exercise
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self.compiled = False
        self._calls = 0
        self._cached: bool | None = None
        #: in a child forked while the parent was compiling or loading: numba's locks are held for good, so it stays interpreted
        self._orphaned = False
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._after_fork)
        #: seconds the last compilation or load from cache took
        self.seconds = 0.0
        for name in entries:
            setattr(self, name, next(getattr(module, name) for module in modules if hasattr(module, name)))

    def compile(self) -> None:
        """Compile all kernels, or load them from numba's cache. Blocks; idempotent."""
        with self._lock:
            if self.compiled or self._orphaned:
                return
            started = time.perf_counter()
            stamp = self._stamp()  # now: the cache folder may be another one by the time compiling is done
            import numba

            fast = Kernels.__new__(Kernels)
            without_counts: dict[str, Any] = {"nogil": True, "_nrt": False}
            entry = numba.njit(cache=True, **without_counts)
            inner = numba.njit(**without_counts)
            for module in self._modules:
                namespace = dict(vars(module))
                for name, value in vars(module).items():
                    if getattr(value, "__kernel__", False):
                        namespace[name] = (entry if name in self._entries else inner)(_rebound(value, namespace))
                        if name in self._entries:
                            setattr(fast, name, namespace[name])
            self._exercise(fast)
            for name in self._entries:
                setattr(self, name, getattr(fast, name))
            self.seconds = time.perf_counter() - started
            _leave_stamp(stamp)  # before anyone sees them compiled, so that a second table finds them cached
            self.compiled = True

    def prepare(self) -> None:
        """Compile in the background, with a notice, if this machine has not compiled these kernels before."""
        if self.compiled or self._orphaned or self._thread is not None or os.environ.get("NUMBA_DISABLE_JIT") == "1" or self._is_cached():
            return
        with self._lock:
            if self._thread is not None:
                return
            thread = threading.Thread(target=self._compile_aloud, name="maskwright-kernels", daemon=True)
            thread.start()
            self._thread = thread  # only now: who finds it may wait for it

    def _after_fork(self) -> None:
        """In the child: threads are gone, what they held is not."""
        self._orphaned = self._orphaned or self._lock.locked()
        self._lock = threading.Lock()
        if not self.compiled:
            self._thread = None

    def settle(self) -> None:
        """Wait for the compilation in the background, if one is going on: work ahead would take the interpreted kernels longer."""
        thread = self._thread
        if thread is not None and not self.compiled:
            thread.join()

    def expect_work(self, calls: int = 1) -> None:
        """Say that work is ahead: from `PATIENCE` calls on the compiled forms are loaded, if the machine has them.

        Loading takes about a second, most of it numba's import: a constraint that needs a few short walks does without.
        """
        if self.compiled:
            return
        self._calls += calls
        if self._calls >= PATIENCE and os.environ.get("NUMBA_DISABLE_JIT") != "1" and self._is_cached():
            self.compile()

    def _is_cached(self) -> bool:
        if self._cached is None:
            self._cached = self._stamp().exists()
        return self._cached

    def _compile_aloud(self) -> None:
        print("maskwright: compiling kernels, once for this machine (under a minute); slower until then", file=sys.stderr, flush=True)
        self.compile()
        logger.info("kernels compiled in %.1f s", self.seconds)

    def _stamp(self) -> Path:
        """Name the marker that says numba's cache holds these kernels."""
        import platform
        from importlib.metadata import version

        source = b"".join(Path(str(module.__file__)).read_bytes() for module in self._modules)
        text = f"{version('numba')} {sys.version} {platform.machine()} {[module.__file__ for module in self._modules]}"
        digest = hashlib.sha256(source + text.encode()).hexdigest()[:24]
        from .cache import cache_dir

        folder = cache_dir()
        return (folder or Path(os.devnull)) / f"kernels-{digest}"


def _rebound(function: Callable, namespace: dict) -> Callable:
    """Copy ``function`` with ``namespace`` as its globals, keeping the name and file that numba's cache goes by."""
    copy = FunctionType(function.__code__, namespace, function.__name__, function.__defaults__, function.__closure__)
    copy.__module__ = function.__module__
    copy.__qualname__ = function.__qualname__
    copy.__doc__ = function.__doc__
    return copy


def _leave_stamp(stamp: Path) -> None:
    try:
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.touch()
    except OSError as error:
        logger.debug("no kernel stamp: %s", error)
