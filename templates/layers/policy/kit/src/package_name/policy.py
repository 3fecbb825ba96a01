"""Check this project against the policy of its starter kit: `make policy`."""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

from .config import Config
from .runtime.errors import ProjectError
from .runtime.main import run_command
from .runtime.messages import fill
from .runtime.output import say
from .runtime.policy_rules import POLICY_FILE, find_policy_faults

HELP = """\
Check this project against the policy of its starter kit: make policy

Reads config/policy.yaml and compares with it the settings in config/, the answers
in .newft/answers.yml, and the files that the kit requires. Trains nothing and needs
no network. Values that are set with --set and settings elsewhere are not seen."""
HINT = (
    "undo the change, or ask the owners of the starter kit to allow it; newft update brings "
    "their new policy"
)
BROKEN_FILE_HINT = "correct this file, then check again: make policy"


def main(config: Config, options: argparse.Namespace) -> None:
    """Raise an error that lists everything that the policy does not allow."""
    project = Path()
    faults = find_policy_faults(project)
    if faults:
        lines = [f"{fault.place}: {fill(fault.message, **fault.values)}" for fault in faults]
        if any(fault.breaks_rule for fault in faults):
            raise ProjectError("{faults}", HINT, faults="\n".join(lines))
        raise ProjectError("{faults}", BROKEN_FILE_HINT, faults="\n".join(lines))
    say(
        "this project keeps to the policy of its starter kit\n{path}: SHA-256 {digest}",
        path=POLICY_FILE,
        digest=hashlib.sha256((project / POLICY_FILE).read_bytes()).hexdigest(),
    )


if __name__ == "__main__":
    raise SystemExit(run_command(main, HELP))
