"""The check finds rows and exports that do not belong together, and shows what is learned."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable

import pytest

from package_name import check, prepare
from package_name.config import Config
from package_name.data.jsonl import RUN_AGAIN, read_jsonl
from package_name.data.splits import PROCESSED_DIR
from package_name.export_llama_factory import EXPORT_DIR
from package_name.prompts import get_target
from package_name.runtime.errors import ProjectError
from package_name.runtime.messages import fill


def test_the_examples_mark_the_target_and_the_base_model_is_told_the_labels(
    formatted: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    check.main(formatted, Namespace())
    said = capsys.readouterr().out
    first = read_jsonl(PROCESSED_DIR / "train.jsonl")[0]["messages"]
    assert f"assistant: [[{get_target(first)}]]" in said
    assert said.count("[[") == 3  # of the heading and of two examples
    prompt = said.rpartition("system: ")[2]
    assert all(label in prompt for label in formatted.task.labels)


@pytest.mark.parametrize("name", ["sharegpt_train", "alpaca_test"])
def test_exports_of_other_rows_are_refused(formatted: Config, name: str) -> None:
    path = EXPORT_DIR / f"{name}.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[1:]), encoding="utf-8")
    with pytest.raises(ProjectError, match=name) as caught:
        check.main(formatted, Namespace())
    assert caught.value.hint == fill(RUN_AGAIN)
    path.unlink()
    with pytest.raises(ProjectError, match=name):
        check.main(formatted, Namespace())


def test_rows_without_exports_are_refused(config: Config, write_rows: Callable[..., None]) -> None:
    write_rows(60)
    prepare.main(config, Namespace())
    with pytest.raises(ProjectError, match="exports"):
        check.main(config, Namespace())


def test_settings_that_made_other_rows_are_refused(formatted: Config) -> None:
    data = formatted.data.model_copy(update={"test_fraction": 0.3})
    with pytest.raises(ProjectError, match=r"data\.test_fraction"):
        check.main(formatted.model_copy(update={"data": data}), Namespace())
