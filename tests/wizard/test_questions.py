"""Questions are data: what is asked, the choices and the defaults follow from what is known."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from newft.answers.keys import RawAnswers
from newft.catalog.loader import load_catalog
from newft.errors import IncompatibleError, NewftError, UsageError
from newft.schema.catalog import Catalog
from newft.schema.hardware import MachineFacts
from newft.wizard.default_answers import apply_answer, fill_defaults
from newft.wizard.question import Question
from newft.wizard.question_prompt import try_choice
from newft.wizard.questions import QUESTIONS
from newft.wizard.services import build_services
from newft.wizard.state import WizardState, resolve
from support.credit_applications import applications, flagged, written

MACHINE = MachineFacts("cpu", 1, 2, 8.0, bf16=False)


@cache
def catalog() -> Catalog:
    return load_catalog()


def question(key: str) -> Question:
    return next(one for one in QUESTIONS if one.key == key)


def make_state(**given: str) -> WizardState:
    return WizardState(catalog(), {**given}, machine=MACHINE)


def completed(given: RawAnswers, *, folder: str | None = None) -> RawAnswers:
    start = WizardState(catalog(), given, machine=MACHINE, folder_name=folder)
    return fill_defaults(start, build_services(catalog(), MACHINE)).answers


@pytest.mark.parametrize("label", ["target", "default"], ids=["unclear", "told"])
def test_seven_questions_are_asked_at_most(label: str, tmp_path: Path) -> None:
    path = written(tmp_path, flagged(applications(), label))
    services = build_services(catalog(), MACHINE)
    now, asked = WizardState(catalog(), machine=MACHINE), []
    for one in QUESTIONS:
        asked += [one.key] if one.is_missing(now) and one.has_open_choice(now) else []
        if one.is_missing(now):
            said = {"data": str(path), "positive": "1"}.get(one.key)
            now = apply_answer(
                one, said or one.get_default(now).value, state=now, services=services
            )
    unclear = ["positive"] if label == "target" else []
    assert asked == ["data", "language", *unclear, "gpu", "family", "model", "name"]
    assert now.data and now.data.positive == ("1",)


def test_defaults_alone_make_a_project_of_the_sample() -> None:
    assert completed({}) == {
        "data.files": (),
        "domain": "customer_service",
        "task": "intent",
        "language": "en",
        "gpu": "auto",
        "model": "embedded",
        "family": "smollm2",
        "name": "customer-service-intent",
    }


@pytest.mark.parametrize(
    ("domain", "task", "name"),
    [("legal", "clause", "legal-clause"), ("credit_risk", "risk", "credit-risk")],
)
def test_a_name_says_domain_and_task_once(domain: str, task: str, name: str) -> None:
    assert completed({"domain": domain, "task": task})["name"] == name


def test_what_was_given_stays() -> None:
    given = {"gpu": "cpu", "language": "zh", "name": "desk"}
    assert completed(given).items() >= given.items()


def test_the_name_is_that_of_the_folder() -> None:
    assert completed({}, folder="desk")["name"] == "desk"


def test_a_listed_model_brings_its_family() -> None:
    assert completed({"model": "Qwen/Qwen3-1.7B"})["family"] == "qwen3"


def test_a_family_alone_gets_a_model_of_its_own() -> None:
    assert completed({"family": "qwen3"})["model"] == "Qwen/Qwen3-0.6B"
    assert completed({"family": "llama3", "gpu": "1x80GB"})["model"] == (
        "meta-llama/Llama-3.1-8B-Instruct"
    )


def test_named_hardware_gets_a_model_that_fits() -> None:
    assert completed({"gpu": "1x24GB"})["family"] == "qwen3"


@pytest.mark.parametrize(
    ("given", "error", "message", "hint"),
    [
        (
            {"domain": "custmer_service"},
            UsageError,
            "domain: `custmer_service` is not known",
            "did you mean `customer_service`?",
        ),
        ({"task": "intend"}, UsageError, "task: `intend` is not known", "did you mean `intent`?"),
        ({"family": "qwem3"}, UsageError, "family: `qwem3` is not known", "did you mean `qwen3`?"),
        ({"method": "lara"}, UsageError, "method: `lara` is not known", "did you mean `lora`?"),
        (
            {"family": "glm4", "model": "Qwen/Qwen3-1.7B"},
            IncompatibleError,
            "family: `Qwen/Qwen3-1.7B` belongs to the family qwen3, not glm4",
            "give the family of this model: --family qwen3",
        ),
        (
            {"model": "acme/weights"},
            UsageError,
            "--model: the family of `acme/weights` is not known: newft lists no such model, and "
            "there is no such folder here",
            "give --family ID (`newft show families` lists them); or fetch its "
            "json files, which tell it, and give their folder: "
            "hf download acme/weights --include '*.json' --include '*.jinja' --local-dir FOLDER",
        ),
        (
            {"model": "./weights", "family": "qwen3"},
            UsageError,
            "model: the folder `./weights` does not exist",
            "check the path; a model of a hub is named like Qwen/Qwen3-0.6B",
        ),
        (
            {"model": "Qwen3-1.7Bx"},
            UsageError,
            "model: `Qwen3-1.7Bx` is not the name of a model",
            "did you mean `Qwen/Qwen3-1.7B`?"
            " give `embedded`, a folder, or a model of a hub as ORG/NAME",
        ),
        (
            {"model": "qwen-14b"},
            UsageError,
            "model: newft cannot train `qwen-14b` (Qwen (1)): its code lies on the hub and was "
            "written for transformers 4.31; Qwen3 is by the same authors and needs no such code "
            "(https://github.com/QwenLM/Qwen/blob/main/requirements.txt)",
            "take `Qwen/Qwen3-14B`",
        ),
        (
            {"model": "~nobody-at-all/weights"},
            UsageError,
            "model: the folder `~nobody-at-all/weights` does not exist",
            "check the path; a model of a hub is named like Qwen/Qwen3-0.6B",
        ),
        (
            {"model": "embedded", "hub": "modelscope", "revision": "main"},
            IncompatibleError,
            "model: `embedded` does not come from a hub:"
            " --hub modelscope and --revision main cannot be used",
            "drop --hub and --revision, or name a model of a hub: --model ORG/NAME",
        ),
        (
            {"model": "/", "family": "qwen3"},
            UsageError,
            "model: `/` has no config.json, so it is no model",
            "give the folder with config.json, the tokenizer and the weights",
        ),
        (
            {"data.columns.txt": "Body"},
            UsageError,
            "data.columns.txt: `txt` is not known",
            "did you mean `text`?",
        ),
    ],
)  # fmt: skip
def test_answers_that_name_nothing_are_refused(
    given: RawAnswers, error: type[NewftError], message: str, hint: str
) -> None:
    with pytest.raises(error) as caught:
        completed(given)
    assert (str(caught.value), caught.value.hint) == (message, hint)


@pytest.mark.parametrize("said", ["./base", "models/../base", "base", "~/base"])
def test_a_model_folder_is_kept_with_its_whole_path(
    said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("base", "models"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "config.json").write_text("{}", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    given = completed({"model": said, "family": "qwen3"})
    assert given["model"] == (tmp_path / "base").resolve().as_posix()


def test_a_folder_of_two_names_is_no_hub_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert completed({"model": "models/q", "family": "qwen3"})["model"] == "models/q"
    (tmp_path / "models" / "q").mkdir(parents=True)
    (tmp_path / "models" / "q" / "config.json").write_text("{}", encoding="utf-8")
    assert completed({"model": "models/q", "family": "qwen3"})["model"] == str(
        tmp_path.resolve() / "models" / "q"
    )


def test_a_folder_has_no_revision(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(IncompatibleError, match="does not come from a hub: --revision main") as it:
        completed({"model": str(tmp_path), "family": "qwen3", "revision": "main"})
    assert it.value.hint == "drop --revision, or name a model of a hub: --model ORG/NAME"


def test_hardware_that_is_unknown_is_refused_before_anything_is_measured() -> None:
    with pytest.raises(UsageError, match="not a known accelerator"):
        completed({"gpu": "V1000", "data.files": ("nowhere.csv",)})


def test_a_question_with_one_choice_is_not_asked() -> None:
    detected = WizardState(catalog(), detected_tasks=("customer_service/intent",))
    assert not question("task").has_open_choice(detected)


def test_a_question_with_several_choices_is_asked() -> None:
    kit = catalog().kits["customer_service"]
    kit = replace(kit, tasks={"intent": kit.tasks["intent"]})
    two = replace(catalog(), kits={"customer_service": kit, "other": replace(kit, id="other")})
    now = WizardState(two, detected_tasks=("customer_service/intent", "other/intent"))

    assert question("task").has_open_choice(now)
    assert [choice.value for choice in question("task").list_choices(now)] == [
        "customer_service/intent",
        "other/intent",
    ]
    with pytest.raises(UsageError) as caught:
        question("task").get_default(now)
    assert str(caught.value) == (
        "domain, task: the records fit several tasks: customer_service/intent, other/intent"
    )
    assert caught.value.hint == (
        "name the task: --task customer_service/intent | --task other/intent"
    )


def test_without_records_the_task_to_begin_with_is_marked() -> None:
    default = question("task").get_default(make_state())
    assert (default.value, default.why.en) == (
        "customer_service/intent",
        "its sample is the smallest, the quickest to run",
    )


def test_an_answer_closes_its_question() -> None:
    assert question("gpu").has_open_choice(make_state())
    assert not question("gpu").has_open_choice(make_state(gpu="cpu"))


def test_only_models_of_the_answered_family_are_offered() -> None:
    models = [choice.value for choice in question("model").list_choices(make_state(family="glm4"))]
    assert models == ["zai-org/GLM-4-9B-0414", "zai-org/GLM-4-32B-0414"]


def test_the_sample_takes_the_language_of_the_conversation() -> None:
    default = question("language").get_default(replace(make_state(), interface_language="zh"))
    assert (default.value, default.why.zh) == ("zh", "与当前界面一致")


def test_the_machine_is_named_in_the_choice() -> None:
    first = question("gpu").list_choices(make_state())[0]
    assert (first.value, first.title.en) == (
        "auto",
        "this machine: CPU, 2 cores; no NVIDIA GPU found",
    )


@pytest.mark.parametrize("one", QUESTIONS, ids=lambda one: one.key)
def test_what_needs_knowledge_can_be_left_to_newft(one: Question) -> None:
    assert one.allow_unsure == (one.key in ("gpu", "family", "model"))


def test_the_name_proposed_is_free() -> None:
    now = make_state(domain="customer_service", task="intent")
    taken = frozenset({"customer-service-intent", "customer-service-intent-2"})
    value = question("name").get_default(replace(now, taken_names=taken)).value
    assert value == "customer-service-intent-3"


@pytest.mark.parametrize("named", [True, False])
def test_a_task_told_by_shape_alone_is_warned_of(named: bool, tmp_path: Path) -> None:
    texts = ("the picnic in the park number", "a choir sang in hall number")
    rows = "".join(f"{texts[i % 2]} {'xyz'[i % 3] * i},{'ab'[i % 2]}\n" for i in range(40))
    (tmp_path / "a.csv").write_text(f"text,label\n{rows}", encoding="utf-8")
    task = {"domain": "customer_service", "task": "intent"} if named else {}
    state = WizardState(catalog(), {"data.files": (str(tmp_path / "a.csv"),), "gpu": "cpu", **task})
    data = fill_defaults(state, build_services(catalog(), None)).data
    assert data
    said = [one.en for one in data.warnings if "by the shape of the records alone" in one.en]
    assert bool(said) is not named


@pytest.mark.parametrize("gpu", ["T4", "RTX4090", "cpu"])
def test_the_list_of_all_models_is_there_at_once(gpu: str) -> None:
    """What is offered instead of a model is looked for when a user asks for it."""
    services = build_services(catalog(), MACHINE)
    task = {"domain": "customer_service", "task": "intent", "language": "en"}
    now = resolve(WizardState(catalog(), {**task, "data.files": (), "gpu": gpu}), services)
    began, asked = time.process_time(), question("model")
    plans = [
        try_choice(asked, choice.value, state=now, services=services)
        for choice in asked.list_choices(now)
    ]
    assert time.process_time() - began < 1  # a tenth on a machine without other work
    assert len(plans) > 70
    assert None not in plans
    assert any(isinstance(plan, IncompatibleError) for plan in plans) == (gpu != "cpu")


def test_a_family_that_another_tool_trains_says_so_in_the_list() -> None:
    state = make_state(domain="customer_service", task="intent", language="en", gpu="cpu")
    services = build_services(catalog(), MACHINE)
    listed = {one.value: one for one in question("family").list_choices(resolve(state, services))}
    assert listed["chatglm3"].note.en == "6.2B, trained by LLaMA-Factory only"
    assert listed["qwen3"].note.en == "0.6B - 32.8B"
