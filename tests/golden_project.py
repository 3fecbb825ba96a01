"""One whole project, kept: what a change of a template does to it is seen in review.

python tests/golden_project.py writes it anew.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from newft.answers.keys import AnswerValue
from support.generate_project import generate

GOLDEN = Path(__file__).with_name("golden") / "customer_service_en"
ANSWERS: dict[str, AnswerValue] = {
    "name": "golden-desk",
    "domain": "customer_service",
    "task": "intent",
    "data.files": (),
    "language": "en",
    "gpu": "cpu",
    "model": "embedded",
}
# the sample is kept in domains/, and the archive repeats what lies beside it
LEFT_OUT = ("data", ".newft/snapshot.tar")


def make_golden(into: Path) -> None:
    """Write the golden project into a folder that is not there yet."""
    generate(ANSWERS, into)
    for name in LEFT_OUT:
        path = into / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def main() -> None:
    """Replace the kept project by the one of today."""
    with tempfile.TemporaryDirectory() as scratch:
        fresh = Path(scratch).resolve() / GOLDEN.name
        make_golden(fresh)
        shutil.rmtree(GOLDEN, ignore_errors=True)
        shutil.copytree(fresh, GOLDEN)


if __name__ == "__main__":
    main()
