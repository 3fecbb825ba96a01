"""A run from rows to evaluation, on the tiny model: it trains, resumes, measures and answers."""

from __future__ import annotations

import json
import math
import shutil
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

import pytest

from golden_desk import chat, check, evaluate, prepare, train
from golden_desk.config import Config
from golden_desk.data import processed_rows
from golden_desk.metrics import PRIMARY_METRICS
from golden_desk.model import load
from golden_desk.model.adapter import TunedModel
from golden_desk.model.load import load_base_model
from golden_desk.model.method import CONFIG_FILE, WEIGHTS_PATTERN
from golden_desk.model.verify import ModelFolder
from golden_desk.runtime.errors import ProjectError
from golden_desk.runtime.messages import fill
from golden_desk.training.run_dir import get_run_dir

TRAIN = Namespace(dry_run=False)
WARNING = fill("warning: {text}", text="").strip()


def test_check_shows_what_is_learned(formatted: Config, capsys: pytest.CaptureFixture[str]) -> None:
    check.main(formatted, Namespace())
    shown = capsys.readouterr().out
    assert WARNING not in shown
    assert formatted.model.end_of_turn + "]]" in shown


def test_check_warns_of_an_estimate_that_this_machine_cannot_hold(
    formatted: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    run = formatted.run.model_copy(update={"estimated_memory_gb": [0.1, 1e6]})
    check.main(formatted.model_copy(update={"run": run}), Namespace())
    assert WARNING in capsys.readouterr().out


def test_a_run_trains_measures_itself_and_answers(
    formatted: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    train.main(formatted, TRAIN)
    run = get_run_dir(formatted)
    assert run.finished
    assert (run.path / "loss.txt").is_file()
    assert list(run.trained_folder.glob(WEIGHTS_PATTERN))
    card = (run.trained_folder / "README.md").read_text(encoding="utf-8")
    # without the quotation marks: where the template has no system turn, the question follows
    assert json.dumps(formatted.task.system, ensure_ascii=False)[1:-1] in card
    assert run.record()["data_sha256"] in card
    evaluate.main(formatted, Namespace())
    evaluated = (run.trained_folder / "README.md").read_text(encoding="utf-8")
    assert f"| {PRIMARY_METRICS[0]} | " in evaluated.replace(card, "")
    assert f"| {PRIMARY_METRICS[0]} | " not in card
    evaluation = json.loads((run.path / "evaluation.json").read_text(encoding="utf-8"))
    assert evaluation["rows"] == evaluation["test_rows"]
    for column in ("base", "tuned", "baseline"):
        assert set(evaluation[column][PRIMARY_METRICS[0]]) == {"value", "low", "high", "n"}
    assert evaluation["comparison"][PRIMARY_METRICS[0]]["against"] == "base"
    assert {each["test_row"] for each in evaluation["predictions"]} == set(
        range(evaluation["rows"])
    )
    assert run.record()["peak_memory_gb"] > 0
    assert run.record()["estimated_memory_gb"] == formatted.run.estimated_memory_gb
    assert (run.trained_folder / CONFIG_FILE).is_file()
    chat.main(formatted, Namespace(once="a question"))
    said = capsys.readouterr().out
    assert said.index(fill("loss by step")) < said.index(fill("computing confidence intervals ..."))


def test_an_interrupted_run_ends_as_the_unbroken_one(formatted: Config) -> None:
    train.main(formatted, TRAIN)
    run = get_run_dir(formatted)
    unbroken = json.loads((run.path / "result.json").read_text(encoding="utf-8"))
    last = run.last_checkpoint()
    assert last is not None
    shutil.rmtree(last)
    (run.path / "result.json").unlink()
    (run.checkpoints / "checkpoint-999").mkdir()  # as a kill in the middle of saving leaves it
    train.main(formatted, TRAIN)
    resumed = json.loads((run.path / "result.json").read_text(encoding="utf-8"))
    assert resumed["history"][-2]["eval_loss"] == pytest.approx(
        unbroken["history"][-2]["eval_loss"], rel=1e-5
    )


def test_a_run_with_other_settings_needs_a_folder_of_its_own(formatted: Config) -> None:
    train.main(formatted, TRAIN)
    training = formatted.training.model_copy(update={"learning_rate": 5e-5})
    with pytest.raises(ProjectError, match=r"training\.learning_rate"):
        train.main(formatted.model_copy(update={"training": training}), TRAIN)


def list_values(config: Config) -> dict[str, object]:
    return config.model_dump(exclude_none=True)


def test_a_run_is_judged_with_the_settings_it_was_trained_with(
    formatted: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    train.main(formatted, TRAIN)
    changed = formatted.model_copy(
        update={
            "task": formatted.task.model_copy(update={"labels": ["other", "still_other"]}),
            "training": formatted.training.model_copy(update={"epochs": 9}),
            "evaluation": formatted.evaluation.model_copy(update={"few_shot_examples": 0}),
        }
    )
    own = formatted.model_copy(update={"evaluation": changed.evaluation})
    run = get_run_dir(changed)
    assert list_values(run.apply_trained_settings(changed)) == list_values(own)
    capsys.readouterr()
    for main, options in (
        (evaluate.main, Namespace()),
        (chat.main, Namespace(once="a question")),
    ):
        main(changed, options)
        kept = fill(
            "{run} uses the settings it was trained with; run.yaml differs in {keys}",
            run=run.path,
            keys=fill(", ").join(["task.labels", "training.epochs"]),
        )
        assert kept in capsys.readouterr().err.splitlines()
    check.main(own.model_copy(update={"training": changed.training}), Namespace())
    changed = fill(
        "            warning: it was started with other settings: {keys}", keys="training.epochs"
    )
    assert changed in capsys.readouterr().out.splitlines()
    evaluation = json.loads((run.path / "evaluation.json").read_text(encoding="utf-8"))
    assert {row["gold"] for row in evaluation["predictions"]} <= {*formatted.task.labels}
    assert evaluation["base_prompt"] == fill("label list, no examples")


def test_the_base_may_be_asked_otherwise_at_any_time(
    formatted: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    train.main(formatted, TRAIN)
    task = formatted.task.model_copy(update={"base_system_prompt": "Which of these?"})
    changed = formatted.model_copy(update={"task": task})
    assert processed_rows.verify_and_hash_rows(changed) == processed_rows.verify_and_hash_rows(
        formatted
    )
    train.main(changed, TRAIN)
    trained = "{path} is trained; next: make eval (or give the next run another run.name)"
    assert fill(trained, path=get_run_dir(changed).path) in capsys.readouterr().out.splitlines()
    used = get_run_dir(changed).apply_trained_settings(changed)
    assert list_values(used) == list_values(changed)
    assert capsys.readouterr().err == ""


def test_the_place_and_the_precision_of_the_base_are_this_machines(
    formatted: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    train.main(formatted, TRAIN)
    moved = formatted.model_copy(
        update={"model": formatted.model.model_copy(update={"id": "moved", "precision": "bf16"})}
    )
    run = get_run_dir(moved)
    assert list_values(run.apply_trained_settings(moved)) == list_values(moved)
    assert capsys.readouterr().err == ""
    assert run.other_settings(moved) == ["model.precision"]  # of what is yet to be trained


def test_a_base_of_other_weights_is_refused(formatted: Config, tiny_model: ModelFolder) -> None:
    train.main(formatted, TRAIN)
    run, other = get_run_dir(formatted), ModelFolder(Path("other"), None)
    shutil.copytree(tiny_model.path, other.path)
    assert run.verify_base_model(other) == other
    with (other.path / "model.safetensors").open("r+b") as weights:
        weights.seek(-1, 2)
        weights.write(b"!")
    with pytest.raises(ProjectError) as caught:
        run.verify_base_model(other)
    assert caught.value.message == fill(
        "{folder} is not the base model with which {run} was started",
        folder="other",
        run=run.path,
    )
    assert formatted.model.id in caught.value.hint


def test_a_revision_is_pinned_for_the_model_it_was_noted_of(formatted: Config) -> None:
    run = get_run_dir(formatted)
    run.begin(formatted, {}, data="", folder=ModelFolder(Path(), "abc"))
    unpinned = formatted.model.model_copy(update={"revision": None})
    assert run.pin_revision(unpinned).revision == "abc"
    assert run.pin_revision(unpinned.model_copy(update={"id": "moved"})).revision is None


def test_what_is_no_number_is_left_out_of_the_result(formatted: Config) -> None:
    run = get_run_dir(formatted)
    run.trained_folder.mkdir(parents=True)
    run.finish(0.5, [{"loss": 0.5, "grad_norm": math.inf}])
    result = json.loads((run.path / "result.json").read_text(encoding="utf-8"))
    assert result["best_validation_loss"] == 0.5
    assert result["history"] == [{"loss": 0.5}]


def test_a_loss_that_is_no_number_ends_the_run(
    formatted: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_model = train.load_model

    def load_damaged_model(*arguments: object) -> TunedModel:
        model = load_model(*arguments)
        trained = next(weight for weight in model.parameters() if weight.requires_grad)
        trained.data.fill_(math.nan)
        return model

    monkeypatch.setattr(train, "load_model", load_damaged_model)
    with pytest.raises(ProjectError, match=r"\b(nan|inf)\b"):
        train.main(formatted, TRAIN)


def test_without_rows_or_trained_weights_the_next_command_is_named(
    config: Config,
    tiny_model: ModelFolder,
    write_rows: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(load, "fetch_model_folder", lambda model: tiny_model)
    with pytest.raises(ProjectError) as caught:
        train.main(config, TRAIN)
    assert caught.value.hint == fill("run `make data` first")
    write_rows(60)
    prepare.main(config, Namespace())
    assert Path("data/processed/train.jsonl").is_file()
    with pytest.raises(ProjectError) as caught:
        evaluate.main(config, Namespace())
    assert caught.value.hint == fill("run `make train` first")


@pytest.mark.parametrize("named", ["eager", "flash_attention_2"])
def test_run_yaml_decides_on_the_attention_kernel_and_not_the_folder(
    named: str, config: Config, tiny_model: ModelFolder, tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(tiny_model.path, folder)
    settings = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps({**settings, "_attn_implementation": named}))
    for asked in ("sdpa", "eager"):
        model = config.model.model_copy(update={"attention": asked})
        assert load_base_model(folder, model).config._attn_implementation == asked
