"""What a result was measured on: machine, interpreter, commit. No host or user names, no paths."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path

import maskwright


def environment() -> dict[str, str]:
    """Describe machine and versions."""
    return {
        "processor": processor(),
        "cores": str(os.cpu_count()),
        "memory": memory(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "maskwright": maskwright.__version__,
        "commit": commit(),
    }


def processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or "unknown"


def memory() -> str:
    try:
        return f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.0f} GiB"
    except (AttributeError, ValueError, OSError):
        return "unknown"


def commit() -> str:
    """Return the short commit of the checkout this module lies in, ``+changes`` when the tree differs, or ``unknown``."""
    git = ["git", "-C", str(Path(__file__).parent)]
    try:
        head = subprocess.run([*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
        changed = subprocess.run([*git, "status", "--porcelain", "--untracked-files=no"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return head + ("+changes" if changed.strip() else "")


def environment_lines(about: dict[str, str], versions: dict[str, str]) -> str:
    """Write it as Markdown: the machine in one line, the engines in another; ``about`` may name the commit that was measured."""
    machine = f"{about['processor']}, {about['cores']} cores, {about['memory']}, {about['system']}, Python {about['python']}"
    engines = ", ".join(f"{name} {version}" for name, version in versions.items())
    return f"Machine: {machine}. Commit {about['commit']}.\nEngines: {engines}."
