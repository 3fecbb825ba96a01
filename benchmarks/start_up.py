"""CPU time of `--help`: newft against cookiecutter and copier, in turns.

The others are looked for on PATH or in the folder of --peers; who is not there is left out.

    python benchmarks/start_up.py [--rounds 15] [--peers FOLDER]
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--peers", help="the bin folder where cookiecutter and copier are")
    options = parser.parse_args()
    own = str(Path(sys.executable).parent)
    place = os.pathsep.join(filter(None, [own, options.peers, os.environ.get("PATH", "")]))
    tools = {
        name: path
        for name in ("newft", "cookiecutter", "copier")
        if (path := shutil.which(name, path=place))
    }
    seconds: dict[str, list[float]] = {name: [] for name in tools}
    for path in tools.values():
        cpu_seconds([path, "--help"])  # fills the caches
    for _ in range(options.rounds):
        for name, path in tools.items():
            seconds[name].append(cpu_seconds([path, "--help"]))
    for name, values in seconds.items():
        low, middle, high = min(values), statistics.median(values), max(values)
        ratio = middle / statistics.median(seconds["newft"])
        print(f"{name:<13} {low:.3f} {middle:.3f} {high:.3f} s of CPU   {ratio:.1f} x newft")


def cpu_seconds(command: list[str]) -> float:
    """User and system time of a finished command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
