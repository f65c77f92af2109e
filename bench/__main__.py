"""``python -m maskwright.bench``: benchmarks and conformance runs.

Each command is a module with ``add_command``; the harness under all of them is `run`, `child`, `worker` and the adapters in `engines`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from maskwright.errors import MaskwrightError

from . import (
    closing,
    endurance,
    forced,
    grammars,
    hard,
    jsonschemabench,
    lm_eval,
    maskbench,
    matrix,
    micro,
    particles,
    speed,
    suite,
    truth,
    truth_peer,
)

COMMANDS = (
    jsonschemabench, lm_eval, maskbench, suite, speed, grammars, hard, micro, endurance, closing, particles, matrix, truth,
    truth_peer, forced
)  # fmt: skip


def main(argv: Sequence[str] | None = None, program: str = "python -m maskwright.bench") -> int:
    """Run one command; return its exit code (0 done, 1 nothing could run, 2 unusable arguments, 130 interrupted)."""
    parser = argparse.ArgumentParser(prog=program, description="Benchmarks and conformance runs.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for module in COMMANDS:
        module.add_command(commands)
    arguments = parser.parse_args(argv)
    try:
        return arguments.command(arguments)
    except MaskwrightError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; the same command with the same --out goes on from here", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
