"""The entry point of the command line; the commands themselves are in `commands`, which needs the extra ``cli``."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence

from .errors import MissingDependencyError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 0 done, 1 the answer is no, 2 it could not be asked."""
    try:
        import rich
        import typer
    except ImportError as error:
        package = "rich" if "rich" in str(error) else "typer"
        print(f"error[{MissingDependencyError.code}]: {MissingDependencyError(package, 'cli')}", file=sys.stderr)
        return 2
    del rich, typer
    from .commands import app

    try:
        app(args=None if arguments is None else list(arguments), prog_name="maskwright")
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else 0 if done.code is None else 1
    except BrokenPipeError:                                     # the reader has seen enough
        sys.stderr.close()
    except OSError as error:                                    # such as a full disk behind stdout
        print(f"error: {(error.strerror or type(error).__name__).lower()}", file=sys.stderr)
        with contextlib.suppress(OSError):
            sys.stdout.close()                                  # else the interpreter tries, and tells, again
        return 2
    return 0
