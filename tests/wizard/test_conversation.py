"""The conversation: each question alone, then the whole of it in a terminal."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pexpect
import pytest

from newft.answers.command_line import format_command
from newft.answers.yaml_file import load_answers
from newft.dataset.column_match import ColumnSurvey
from newft.errors import IncompatibleError
from newft.text import Text
from newft.wizard.context import BACK_VALUE
from newft.wizard.conversation import MAX_QUESTIONS
from newft.wizard.question_prompt import OTHER_FILE_VALUE, OTHER_METHOD_VALUE, UNSURE_VALUE
from newft.wizard.questions import QUESTIONS
from newft.wizard.state import WizardState
from support.conversation import (
    END_OF_FILE,
    LEAVE,
    TAKE_MARKED,
    Answer,
    Conversation,
    Keys,
    Typed,
    answers,
)
from support.credit_applications import applications, flagged, with_column, written
from support.files import list_names, read_contents
from support.help_desk_export import RECORDS
from support.model_folder import OLMO2_7B, write_model_folder
from support.run_newft import plain_environment, run_newft
from support.terminal import (
    BACK,
    CLEAR,
    CTRL_C,
    DOWN,
    ENTER,
    SCREEN_TEXTS,
    Terminal,
    unfold_commands,
)

pytestmark = pytest.mark.slow

DEFAULTS = {
    "data.files": (),
    "domain": "customer_service",
    "task": "intent",
    "language": "en",
    "gpu": "auto",
    "model": "embedded",
    "family": "smollm2",
    "name": "customer-service-intent",
}
SMALL_MODEL = "HuggingFaceTB/SmolLM2-360M-Instruct"
LARGE_MODEL = "Qwen/Qwen3-32B"
UNLISTED_MODEL = "meta-llama/Meta-Llama-3-8B-Instruct"
# no synonym names a column, and two look like the label
UNNAMED = "eins,zwei,drei\n" + "".join(
    f"{line},{line.split(',')[1]}\n" for line in RECORDS.splitlines()[1:]
)


@pytest.fixture
def conversation() -> Conversation:
    return Conversation()


@pytest.fixture
def tickets(tmp_path: Path) -> Path:
    path = tmp_path / "tickets.csv"
    path.write_text(RECORDS, encoding="utf-8")
    return path


@pytest.fixture
def unnamed(tmp_path: Path) -> Path:
    """Records whose columns have no names that tell anything."""
    path = tmp_path / "unnamed.csv"
    path.write_text(UNNAMED, encoding="utf-8")
    return path


@pytest.fixture
def sensors(tmp_path: Path) -> Path:
    """Rows of nothing that newft has a task for."""
    rows = "".join(f"2026-01-{i % 28 + 1:02d},{20 + i % 7}.5,{i % 3}\n" for i in range(60))
    path = tmp_path / "sensors.csv"
    path.write_text(f"taken,temperature,valve\n{rows}", encoding="utf-8")
    return path


# --- answers -------------------------------------------------------------------------------------


def test_enter_alone_takes_every_default(conversation: Conversation) -> None:
    assert conversation.hold() == DEFAULTS
    assert conversation.reviews == [DEFAULTS]


@pytest.mark.parametrize(
    ("story", "expected"),
    [
        (answers(task="credit_risk/risk"), {"domain": "credit_risk", "task": "risk"}),
        (answers(language="zh"), {"language": "zh"}),
        (answers(gpu="V100-16GB"), {"gpu": "V100-16GB"}),
        (answers(gpu=UNSURE_VALUE), {"gpu": "auto"}),
        (answers(gpu=Typed("2xV100-32GB")), {"gpu": "2xV100-32GB"}),
        (answers(model=SMALL_MODEL), {"model": SMALL_MODEL, "family": "smollm2"}),
        (answers(model=UNSURE_VALUE), {"model": "embedded", "family": "smollm2"}),
        (answers(family="qwen3"), {"model": "Qwen/Qwen3-0.6B", "family": "qwen3"}),
        (answers(family=UNSURE_VALUE), {"model": "embedded", "family": "smollm2"}),
        (answers(family=Typed(SMALL_MODEL)), {"model": SMALL_MODEL, "family": "smollm2"}),
        (answers(name="desk"), {"name": "desk"}),
    ],
)
def test_each_question_takes_an_answer(
    story: Sequence[Answer], expected: dict[str, str], conversation: Conversation
) -> None:
    assert conversation.hold(story).items() >= expected.items()


def test_a_folder_that_tells_no_family_is_asked_for_it(
    conversation: Conversation, tmp_path: Path
) -> None:
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    folder = tmp_path.resolve().as_posix()
    given = conversation.hold(answers(family=Typed(folder)) + answers(family="qwen3"))
    assert given.items() >= {"model": folder, "family": "qwen3"}.items()


def test_the_family_of_a_model_that_is_not_listed_is_chosen_and_not_taken_by_enter(
    conversation: Conversation,
) -> None:
    story = answers(family=Typed(UNLISTED_MODEL)) + answers(family=Keys(ENTER * 3 + CTRL_C))
    kept = conversation.leave(story)
    assert kept["model"] == UNLISTED_MODEL and "family" not in kept
    given = conversation.hold(answers(family=Typed(UNLISTED_MODEL)) + answers(family="llama3"))
    assert given.items() >= {"model": UNLISTED_MODEL, "family": "llama3"}.items()


def test_of_a_model_that_is_not_listed_the_nearest_models_and_families_are_shown(
    conversation: Conversation,
) -> None:
    story = answers(family=Typed(UNLISTED_MODEL)) + answers(family=LEAVE)
    conversation.leave(story, dumb=True)
    (told,) = (one for one in conversation.messages if "is not among the models" in one)
    assert UNLISTED_MODEL in told and "the nearest: meta-llama/Llama-3.1-8B-Instruct" in told
    *_, asked = conversation.questions_shown
    assert [line.split("  (")[0] for line in asked.splitlines()[:3]] == [
        "? Which family does it belong to?", "  1) LLaMA 3.x", "  2) LLaMA 2",
    ]  # fmt: skip


def test_the_words_of_the_last_entry_are_no_model(conversation: Conversation) -> None:
    found = answers(family=Keys(f"folder{ENTER}"), family_typed=SMALL_MODEL)
    assert conversation.hold(found)["model"] == SMALL_MODEL


def test_an_answer_of_the_command_line_is_not_asked(conversation: Conversation) -> None:
    given = {"gpu": "cpu", "language": "zh", "model": "embedded"}
    assert conversation.hold(**given).items() >= given.items()
    assert not given.keys() & {*conversation.asked}


def test_a_quoted_path_is_read_as_a_shell_would(tickets: Path, conversation: Conversation) -> None:
    given = conversation.hold(answers(data=f"'{tickets}'"))
    assert given["data.files"] == (str(tickets),)


def test_an_empty_name_is_the_default_and_typing_replaces_it(conversation: Conversation) -> None:
    assert conversation.hold(answers(name=Keys(f"desk{ENTER}")))["name"] == "desk"
    assert conversation.hold(answers(name=Keys(f"desk{CLEAR}{ENTER}"))) == DEFAULTS


def test_a_name_that_a_project_cannot_have_is_not_taken(conversation: Conversation) -> None:
    keys = Keys(f"{CLEAR}class{ENTER}{CLEAR}desk{ENTER}")
    assert conversation.hold(answers(name=keys))["name"] == "desk"


def test_unknown_hardware_is_asked_for_again(conversation: Conversation) -> None:
    conversation.leave(answers(gpu=Typed("V1000")), answers(gpu=LEAVE))
    assert [error.where for error in conversation.errors] == ["gpu"]


def test_a_model_folder_that_does_not_exist_is_asked_for_again(conversation: Conversation) -> None:
    typed_in_the_list = Keys(f"./weights{ENTER}")
    conversation.leave(answers(model=Typed("./weights")), answers(model=LEAVE))
    conversation.leave(answers(model=typed_in_the_list), answers(model=LEAVE))
    first, second = map(str, conversation.errors)
    assert first == second == "model: the folder `./weights` does not exist"


def test_a_model_that_does_not_fit_is_marked_and_refused_at_once(
    conversation: Conversation,
) -> None:
    story = answers(family="qwen3", model=LARGE_MODEL), answers(model=LEAVE)
    conversation.leave(*story, dumb=True, data_files=(), gpu="1x24GB")
    listed = [line for line in conversation.shown.splitlines() if "Qwen3-32B" in line]
    assert "(does not fit: needs" in listed[0]
    refused = [
        line for line in conversation.messages if line.startswith(f"`{LARGE_MODEL}` with LoRA")
    ]
    assert refused and "choose `Qwen/Qwen3-" in refused[0] and "use qlora" in refused[0]
    assert "--" not in refused[0]
    assert conversation.reviews == []


@pytest.mark.parametrize("asked", ["family", "model"])
def test_another_method_can_be_chosen_where_a_model_does_not_fit(
    asked: str, conversation: Conversation
) -> None:
    model = {"family": "qwen3", "model": "Qwen/Qwen3-14B"}
    others = answers(family=model["family"]) if asked == "model" else []
    first = answers(**{asked: OTHER_METHOD_VALUE}, method=BACK_VALUE)
    second = answers(**{asked: OTHER_METHOD_VALUE}, method="qlora")
    chosen = answers(**({"model": model["model"]} if asked == "model" else model))
    given = conversation.hold(others, first, second, chosen, gpu="1x24GB")
    assert given.items() >= {**model, "method": "qlora"}.items()
    assert conversation.asked.count("method") == 2


def test_a_method_stays_where_an_earlier_answer_is_changed(conversation: Conversation) -> None:
    model = "Qwen/Qwen3-14B"
    given = conversation.hold(
        answers(family="qwen3", model="Qwen/Qwen3-8B", review="change"),
        answers(change="method", method="qlora", review="change"),
        answers(change="model", model=model),
        gpu="1x24GB",
    )
    assert (given["model"], given["method"]) == (model, "qlora")


def test_a_family_none_of_whose_models_fits_is_marked_with_what_the_smallest_needs(
    conversation: Conversation,
) -> None:
    conversation.leave(answers(family=LEAVE), dumb=True, data_files=(), gpu="1x8GB")
    listed = [line for line in conversation.shown.splitlines() if "GLM-4-0414" in line]
    assert "(does not fit: needs" in listed[0]


def test_a_folder_that_no_family_fits_is_taken_by_its_own_files(
    conversation: Conversation, tmp_path: Path
) -> None:
    folder = write_model_folder(tmp_path / "olmo", OLMO2_7B)
    given = conversation.hold(answers(family=Typed(str(folder))), gpu="1x80GB")
    assert (given["family"], given["model"]) == ("generic", str(folder))


def test_a_folder_that_cannot_be_trained_is_refused_when_it_is_named(
    conversation: Conversation, tmp_path: Path
) -> None:
    folder = write_model_folder(tmp_path / "base", OLMO2_7B, template=None)
    conversation.leave(answers(family=Typed(str(folder))), answers(family=LEAVE), gpu="1x80GB")
    assert [error.where for error in conversation.errors] == ["model"]
    assert "no chat template" in conversation.errors[0].message


def test_of_a_folder_that_several_families_fit_those_and_no_others_are_offered(
    conversation: Conversation, tmp_path: Path
) -> None:
    config = {**OLMO2_7B, "architectures": ["LlamaForCausalLM"], "vocab_size": None}
    folder = write_model_folder(tmp_path / "ours", config)
    (folder / "tokenizer_config.json").unlink()
    story = answers(family=Typed(str(folder))), answers(family="llama3")
    given = conversation.hold(*story, gpu="1x80GB", dumb=True)
    assert given["family"] == "llama3"
    asked = next(shown for shown in conversation.questions_shown if "does it belong" in shown)
    assert "SmolLM2" in asked
    assert "none of these" in asked
    assert "Qwen3" not in asked


def test_the_method_can_be_changed_though_it_is_not_asked(conversation: Conversation) -> None:
    story = answers(review="change", change="method", method="freeze")
    given = conversation.hold(story, gpu="1x80GB", model="Qwen/Qwen3-0.6B")
    assert given["method"] == "freeze"
    assert conversation.asked.count("method") == 1


def test_a_method_that_does_not_fit_is_marked(conversation: Conversation) -> None:
    story = answers(review="change", change="method", method=LEAVE)
    conversation.leave(story, gpu="1x24GB", model="Qwen/Qwen3-8B", dumb=True)
    (asked,) = (shown for shown in conversation.questions_shown if "LoRA" in shown)
    noted = {line.split(") ")[1].split("  ")[0]: line for line in asked.splitlines()[1:-1]}
    refused = {title for title, line in noted.items() if "does not fit: needs" in line}
    assert refused == {"freeze fine-tuning", "full fine-tuning"}
    assert all("training takes" in noted[title] for title in {*noted} - refused)


def test_a_model_that_is_typed_is_refused_as_a_listed_one_is(conversation: Conversation) -> None:
    story = answers(family=Typed(LARGE_MODEL)), answers(family=LEAVE)
    conversation.leave(*story)
    assert [error.where for error in conversation.errors] == ["gpu"]
    assert LARGE_MODEL in conversation.errors[0].message


def test_hardware_too_small_for_the_model_of_the_command_line_is_marked(
    conversation: Conversation,
) -> None:
    conversation.leave(answers(gpu=LEAVE), dumb=True, model=LARGE_MODEL)
    line = next(line for line in conversation.shown.splitlines() if "V100 16 GB" in line)
    assert "does not fit: needs" in line


def test_a_reason_stands_beside_the_choice_that_it_is_for(conversation: Conversation) -> None:
    conversation.leave(answers(gpu="V100-32GB", model=LEAVE), dumb=True)
    lines = conversation.shown.splitlines()
    first, *_, last = [line for line in lines if "suggested:" in line]
    assert first == (
        "  3) Customer service: Intent classification"
        "  (suggested: its sample is the smallest, the quickest to run)"
    )
    assert re.fullmatch(
        r"  \d+\) Qwen3-8B: 16\.4 GB in 16 bit  \(suggested: the largest that fits with room to"
        r" spare; training takes \d+\.\d-\d+\.\d GB\)",
        last,
    )


def test_a_chinese_conversation_asks_for_the_hub_and_no_more_than_seven_questions(
    tmp_path: Path,
) -> None:
    rows = "".join(f"{i * 37 % 101},{i * 53 % 89},{i % 3 == 0:d}\n" for i in range(60))
    path = tmp_path / "unknown.csv"
    path.write_text(f"alpha,beta,flag\n{rows}", encoding="utf-8")
    conversation = Conversation(interface="zh")
    given = conversation.hold(
        answers(data=path, task="credit_risk/risk", column="flag", positive="1"),
        answers(family=Typed("acme/weights")),
        answers(family="qwen3"),
    )
    assert given["hub"] == "modelscope"
    asked = [question.key for question in QUESTIONS if question.key in conversation.asked]
    assert {"data", "task", "positive", "gpu", "family"} <= {*asked}
    assert len(asked) <= MAX_QUESTIONS


def test_the_hub_is_asked_with_modelscope_first() -> None:
    conversation = Conversation(interface="zh")
    conversation.leave(answers(model=SMALL_MODEL, hub=LEAVE), dumb=True)
    assert conversation.questions_shown[-1].startswith(
        "? 从哪里下载模型？\n  1) 魔搭 ModelScope（默认：国内下载快）\n"
    )


def test_marks_are_numbers_in_a_dumb_terminal(tmp_path: Path, conversation: Conversation) -> None:
    story = answers(data=list_loans(tmp_path), positive="1 2", indeterminate="0")
    given = conversation.hold(story, dumb=True)
    assert len(given["data.positive"]) == 2
    assert given["data.indeterminate"] == ()
    assert ") [x] Default" in conversation.shown


def test_the_name_is_asked_however_many_questions_there_are(tmp_path: Path) -> None:
    conversation = Conversation(interface="zh")
    conversation.hold(answers(data=list_loans(tmp_path), model=SMALL_MODEL, name="loans"))
    assert {"positive", "indeterminate", "name"} <= {*conversation.asked}


# --- records, their task and their columns -------------------------------------------------------


def test_a_file_shows_its_mapping_and_brings_its_language(
    tickets: Path, conversation: Conversation
) -> None:
    assert conversation.hold(answers(data=tickets)) == {**DEFAULTS, "data.files": (str(tickets),)}
    assert conversation.mappings == [{"text": ("Body",), "label": ("Reason",)}]


def test_the_bad_outcome_is_asked_where_the_records_do_not_tell_it(
    tmp_path: Path, conversation: Conversation
) -> None:
    path = written(tmp_path, flagged(applications(), "target"))
    given = conversation.hold(answers(data=path, positive="1"))
    risk = {"domain": "credit_risk", "task": "risk", "data.positive": ("1",)}
    assert given.items() >= risk.items()
    assert conversation.errors == []
    repeat = format_command(given, "desk")
    assert "--domain credit_risk --task risk" in repeat
    assert "--language en --positive 1" in repeat


def list_loans(folder: Path) -> Path:
    """Loans with two bad outcomes, and some that still run."""
    records = flagged(applications(80), "loan_status")
    statuses = ("Charged Off", "Default", "Fully Paid", "Current")
    for number, record in enumerate(records):
        record |= {"loan_status": statuses[number % 4], "income": str(20_000 + 137 * number)}
    return written(folder, records)


def test_several_bad_outcomes_and_labels_without_outcome_are_proposed(
    tmp_path: Path, conversation: Conversation
) -> None:
    given = conversation.hold(answers(data=list_loans(tmp_path)))
    assert given["data.positive"] == ("Default", "Charged Off")
    assert given["data.indeterminate"] == ("Current",)
    repeat = format_command(given, "desk")
    assert "--positive Default --positive 'Charged Off' --indeterminate Current" in repeat


def test_a_proposal_may_be_changed(tmp_path: Path, conversation: Conversation) -> None:
    story = answers(data=list_loans(tmp_path), positive="Charged Off", indeterminate="")
    given = conversation.hold(story)
    assert given["data.positive"] == ("Charged Off",)
    assert given["data.indeterminate"] == ()


def test_a_bad_outcome_that_the_records_tell_is_not_asked(
    tmp_path: Path, conversation: Conversation
) -> None:
    path = written(tmp_path, flagged(applications(), "default"))
    assert "data.positive" not in conversation.hold(answers(data=path))
    assert "positive" not in conversation.asked


@pytest.mark.parametrize("choice", ["show", "hide"])
def test_a_doubtful_column_is_asked_about(
    choice: str, tmp_path: Path, conversation: Conversation
) -> None:
    letters = ["mf"[i // 3 % 2] for i in range(30)]
    path = written(tmp_path, with_column(applications(), "letter", letters))
    given = conversation.hold(answers(data=path, doubtful=choice))
    assert given[f"data.{choice}"] == ("letter",)
    assert conversation.asked.count("doubtful") == 1
    assert f"--{choice} letter" in format_command(given, "desk")


def test_going_back_from_a_doubtful_column_shows_the_columns_again(
    tmp_path: Path, conversation: Conversation
) -> None:
    letters = ["mf"[i // 3 % 2] for i in range(30)]
    path = written(tmp_path, with_column(applications(), "letter", letters))
    story = [*answers(data=path, doubtful=BACK_VALUE), *answers(columns="yes", doubtful="hide")]
    assert conversation.hold(story)["data.hide"] == ("letter",)


def test_a_file_that_does_not_exist_is_asked_for_again(
    tickets: Path, conversation: Conversation
) -> None:
    given = conversation.hold(answers(data="nowhere.csv"), answers(data=tickets))
    assert [error.where for error in conversation.errors] == ["nowhere.csv"]
    assert given["data.files"] == (str(tickets),)


def test_another_file_in_place_of_that_of_the_command_line_tells_its_own_task(
    tmp_path: Path, tickets: Path, conversation: Conversation
) -> None:
    ages = [{"age": r["age"], "risk_level": r["risk_level"]} for r in applications()]
    path = written(tmp_path, ages)  # nothing that the model may see
    story = answers(problem="other", data=tickets, columns=LEAVE)
    assert conversation.leave(story, data_files=(str(path),)) == {
        "data.files": (str(tickets),), "domain": "customer_service", "task": "intent"
    }  # fmt: skip


def test_another_file_may_be_named_in_place_of_one_with_unclear_columns(
    unnamed: Path, tickets: Path, conversation: Conversation
) -> None:
    given = conversation.hold(answers(problem="other", data=tickets), data_files=(str(unnamed),))
    assert given == {**DEFAULTS, "data.files": (str(tickets),)}


def test_only_fields_of_one_column_are_offered_for_correction(
    tmp_path: Path, conversation: Conversation
) -> None:
    path = written(tmp_path, applications())
    conversation.leave(answers(data=path, columns="change", field=LEAVE), dumb=True)
    assert conversation.questions_shown[-1] == (
        "? Which field is wrong?\n  1) Risk level <- risk_level\n"
        "  2) Recommendation <- recommendation\n  3) Customer <- (no column)\n  4) <- back"
    )


def test_a_mapping_can_be_corrected(tmp_path: Path, conversation: Conversation) -> None:
    path = tmp_path / "tickets.csv"
    lines = [line.split(",") for line in RECORDS.splitlines()]
    path.write_text("".join(f"{a},{b},x {a}\n" for a, b in lines), encoding="utf-8")
    given = conversation.hold(
        answers(data=path),
        answers(columns="change", field="label", column="Body"),  # texts are no labels
        answers(column=TAKE_MARKED),  # of the text, whose column the label has now
        answers(columns="change", field="text", column="x Body"),
    )
    assert [error.message[:25] for error in conversation.errors] == ["0 of 42 rows can be used,"]
    assert conversation.mappings == [
        {"text": ("Body",), "label": ("Reason",)},
        {"text": ("Body",), "label": ("Reason",)},
        {"text": ("x Body",), "label": ("Reason",)},
    ]
    assert given == {**DEFAULTS, "data.files": (str(path),), "data.columns.text": "x Body"}


def test_two_columns_can_be_swapped(tmp_path: Path, conversation: Conversation) -> None:
    path = tmp_path / "tickets.csv"
    rows = [f"where is {a},send {b}\n" for a in "abcdef" for b in "uvwxyz"]
    path.write_text("text,intent\n" + "".join(rows), encoding="utf-8")
    conversation.hold(answers(data=path, columns="change", field="text", column="intent"))
    assert conversation.errors == []
    assert conversation.mappings[-1] == {"text": ("intent",), "label": ("text",)}


def test_a_mapping_that_is_right_is_read_no_second_time(
    tickets: Path, conversation: Conversation
) -> None:
    def read(_: WizardState) -> ColumnSurvey:
        raise AssertionError("the files were read again")

    conversation.services = conversation.services._replace(survey_columns=read)
    assert conversation.hold(data_files=(str(tickets),))["data.files"] == (str(tickets),)


def test_a_column_that_does_not_exist_is_forgotten_where_others_are_named(
    tickets: Path, conversation: Conversation
) -> None:
    given = conversation.hold(data_files=(str(tickets),), data_columns_group="custmer")
    assert [error.message[:19] for error in conversation.errors] == ["no column `custmer`"]
    named = {key: value for key, value in given.items() if key.startswith("data.columns.")}
    assert named == {"data.columns.text": "Body", "data.columns.label": "Reason"}


@pytest.mark.parametrize("by", ["answer", "command line"])
def test_columns_that_cannot_be_told_are_asked_for(
    by: str, unnamed: Path, conversation: Conversation
) -> None:
    if by == "answer":
        given = conversation.hold(answers(data=unnamed, problem="name"))
    else:
        given = conversation.hold(answers(problem="name"), data_files=(str(unnamed),))
    assert len(conversation.errors) == 1
    assert conversation.mappings == [{"text": ("eins",), "label": ("zwei",)}]
    assert (given["data.columns.text"], given["data.columns.label"]) == ("eins", "zwei")


def test_leaving_at_the_columns_keeps_the_file_and_the_columns_named(
    unnamed: Path, conversation: Conversation
) -> None:
    file = {"data.files": (str(unnamed),), "domain": "customer_service", "task": "intent"}
    story = answers(data=unnamed, problem="name")
    assert conversation.leave(answers(data=unnamed, problem=LEAVE)) == file
    assert conversation.leave(story, answers(column=LEAVE)) == file
    assert conversation.leave(story, answers(column="eins"), answers(column=LEAVE)) == {
        **file, "data.columns.text": "eins"
    }  # fmt: skip


def test_columns_are_offered_with_values_of_theirs(
    unnamed: Path, conversation: Conversation
) -> None:
    story = answers(data=unnamed, problem="name", column="eins"), answers(column=LEAVE)
    conversation.leave(*story, dumb=True)
    assert conversation.questions_shown[1:] == [
        "? What now?\n  1) name the columns\n  2) another file\n  3) it is another task",
        "? Which column is it: Customer message?\n"
        "  1) eins  (please my refund for Aruba is late, today my refund for ...)\n"
        "  2) zwei  (refund, parcel, login)\n  3) drei  (refund, parcel, login)\n  4) <- back",
        "? Which column is it: Intent?\n"
        "  1) zwei  (refund, parcel, login)\n  2) drei  (refund, parcel, login)\n  3) <- back",
    ]


def test_column_answers_are_kept_when_they_are_asked_again(
    tmp_path: Path, conversation: Conversation
) -> None:
    path = tmp_path / "tickets.csv"
    numbered = [f"n{number},{line}\n" for number, line in enumerate(UNNAMED.splitlines())]
    path.write_text("".join(numbered), encoding="utf-8")
    given = conversation.hold(
        answers(data=path, problem="name", column="eins"),
        answers(column="n0"),  # a label of its own in each row
        answers(problem="name", column=TAKE_MARKED),
        answers(column=BACK_VALUE),
        answers(column=TAKE_MARKED),
        answers(column="drei"),
    )
    assert len(conversation.errors) == 2
    assert conversation.mappings == [{"text": ("eins",), "label": ("drei",)}]
    assert (given["data.columns.text"], given["data.columns.label"]) == ("eins", "drei")


def test_records_can_be_said_to_be_of_another_task(
    tickets: Path, conversation: Conversation
) -> None:
    given = conversation.hold(answers(data=tickets, columns="task", other_task="legal charge"))
    assert (given["domain"], given["task"]) == ("legal", "charge")
    assert len(conversation.mappings) == 2


@pytest.mark.parametrize("given", [False, True])
def test_another_file_can_be_named_where_another_task_does_not_fit(
    tmp_path: Path, tickets: Path, conversation: Conversation, *, given: bool
) -> None:
    path = written(tmp_path, applications())
    other = answers(
        columns="task",
        other_task="legal charge",
        column=BACK_VALUE,
        problem="other",
        data=tickets,
    )
    end = (
        conversation.hold(other, data_files=(str(path),))
        if given
        else conversation.hold(answers(data=path), other)
    )
    assert end == {**DEFAULTS, "data.files": (str(tickets),)}


def test_records_with_unclear_columns_can_be_said_to_be_of_another_task(
    unnamed: Path, conversation: Conversation
) -> None:
    given = conversation.hold(
        answers(data=unnamed, problem="task", other_task="legal charge"),
        answers(column=TAKE_MARKED),  # the columns of the other task are unclear too
        answers(column="drei"),
    )
    assert len(conversation.errors) == 2
    assert (given["domain"], given["task"]) == ("legal", "charge")
    assert (given["data.columns.text"], given["data.columns.label"]) == ("eins", "drei")


def test_records_of_no_known_task_are_shown_with_their_columns(
    sensors: Path, conversation: Conversation
) -> None:
    story = answers(data=sensors, task="customer_service/intent", column="taken")
    conversation.leave(story, answers(column=LEAVE), dumb=True)
    shown = conversation.shown
    assert f"{sensors}: columns and values fit no task. The columns:" in shown
    assert "\n  temperature  (20.5, 21.5, 22.5 ...)\n" in shown
    # the task is asked, and then its columns: nobody is sent to the command line
    assert "Intent classification needs: Customer message, Intent. Name their columns." in shown
    assert [question.splitlines()[0] for question in conversation.questions_shown][-2:] == [
        "? Which column is it: Customer message?",
        "? Which column is it: Intent?",
    ]
    assert not [error for error in conversation.errors if error.hint]
    assert "--" not in shown


def test_records_of_two_domains_are_asked_about_with_what_was_seen(
    tmp_path: Path, conversation: Conversation
) -> None:
    mixed = tmp_path / "mixed.csv"
    said = ("the refund of parcel {}", "a voucher for {}", "the court saw {}", "plaintiff {} left")
    rows = "".join(
        f"{said[i % 4].format('xyz'[i % 3] * i)},{'ab'[i // 4 % 2]}\n" for i in range(48)
    )
    mixed.write_text(f"text,label\n{rows}", encoding="utf-8")
    conversation.leave(answers(data=mixed, task=LEAVE), dumb=True)
    shown = conversation.shown
    assert f"{mixed}: columns and values fit more than one task." in shown
    assert "  words of the records: " in shown
    assert shown.index("Intent classification") < shown.index("Risk grading")
    assert shown.index("Legal text classification") < shown.index("Risk grading")


def test_the_likeliest_task_is_first_and_what_helps_is_said(
    tmp_path: Path, conversation: Conversation
) -> None:
    rows = "".join(
        f"How do I return item {i}?,Open your account and print note {i}.\n" for i in range(40)
    )
    path = tmp_path / "faq.csv"
    path.write_text(f"Question,Answer\n{rows}", encoding="utf-8")
    conversation.leave(answers(data=path, task=LEAVE), dumb=True)
    assert "hint: add a column that holds the label of each text" in conversation.shown
    assert "\n  1) Customer service" in conversation.questions_shown[-1]


def test_another_file_can_be_named_where_no_task_was_recognised(
    sensors: Path, tickets: Path, conversation: Conversation
) -> None:
    given = conversation.hold(answers(data=sensors, task=OTHER_FILE_VALUE), answers(data=tickets))
    assert given == {**DEFAULTS, "data.files": (str(tickets),)}


def test_another_task_leads_on_to_its_columns(sensors: Path, conversation: Conversation) -> None:
    story = answers(data=sensors, task="credit_risk/risk", column=BACK_VALUE)
    other = answers(problem="task", other_task="customer_service intent", column=LEAVE)
    conversation.leave(story, other, dumb=True)
    assert [question.splitlines()[0] for question in conversation.questions_shown][-2:] == [
        "? Which task are these records for?",
        "? Which column is it: Customer message?",
    ]
    assert "--" not in conversation.shown
    assert not [error for error in conversation.errors if error.hint]


# --- going back, the review, leaving -------------------------------------------------------------


def test_going_back_keeps_earlier_answers_as_defaults(conversation: Conversation) -> None:
    given = conversation.hold(
        answers(language="zh", gpu="V100-16GB", family=BACK_VALUE),
        answers(gpu=BACK_VALUE),
        answers(language=TAKE_MARKED, gpu=TAKE_MARKED),
    )
    assert (given["language"], given["gpu"]) == ("zh", "V100-16GB")


def test_a_less_than_sign_goes_back_from_a_line(conversation: Conversation) -> None:
    given = conversation.hold(answers(name="<"), answers(model=SMALL_MODEL))
    assert given["model"] == SMALL_MODEL


def test_every_value_can_be_seen_before_writing(conversation: Conversation) -> None:
    given = conversation.hold(answers(review="explain"))
    assert conversation.plans == [given]


def test_changing_one_answer_leads_back_to_the_review(conversation: Conversation) -> None:
    given = conversation.hold(answers(review="change", change="language", language="zh"))
    assert given == {**DEFAULTS, "language": "zh"}
    assert conversation.reviews == [DEFAULTS, given]


def test_an_answer_of_the_command_line_can_be_changed_at_the_review(
    conversation: Conversation,
) -> None:
    story = answers(review="change", change="gpu", gpu="V100-16GB")
    assert conversation.hold(story, gpu="cpu", model="embedded")["gpu"] == "V100-16GB"
    assert len(conversation.reviews) == 2


def test_answers_that_do_not_fit_together_cannot_be_written(conversation: Conversation) -> None:
    def refuse(_: WizardState) -> None:
        raise IncompatibleError(Text("they do not fit", "不匹配"))

    conversation.review = refuse
    conversation.leave(answers(review="cancel"), **DEFAULTS)
    assert [str(error) for error in conversation.errors] == ["they do not fit"]


def test_a_bug_keeps_the_answers(conversation: Conversation) -> None:
    def fail(_: WizardState) -> None:
        raise ZeroDivisionError

    conversation.review = fail
    with pytest.raises(ZeroDivisionError):
        conversation.hold(answers(language="zh"))
    assert conversation.kept_after_a_bug == [{**DEFAULTS, "language": "zh"}]


def test_cancelling_at_the_review_keeps_the_answers(conversation: Conversation) -> None:
    assert conversation.leave(answers(review="cancel")) == DEFAULTS


@pytest.mark.parametrize("keys", [LEAVE, END_OF_FILE], ids=["Ctrl-C", "Ctrl-D"])
def test_leaving_keeps_the_answers_so_far(keys: Keys, conversation: Conversation) -> None:
    assert conversation.leave(answers(data=keys)) == {}
    answered = {key: value for key, value in DEFAULTS.items() if key != "name"}
    assert conversation.leave(answers(name=keys)) == answered


# --- a terminal that cannot redraw ---------------------------------------------------------------


def test_a_dumb_terminal_has_numbers(conversation: Conversation) -> None:
    given = conversation.hold(
        answers(language="zh", gpu="9999"),
        answers(gpu="auto", name="class"),
        answers(name="desk"),
        dumb=True,
    )
    assert given == {**DEFAULTS, "language": "zh", "name": "desk"}
    english = "1) English  (suggested: as in this conversation)"
    assert (
        f"? Language of the project:\n  {english}\n  2) Chinese\n  3) <- back"
        in conversation.messages
    )


def test_a_dumb_terminal_whose_input_ends_stops(conversation: Conversation) -> None:
    assert conversation.leave(answers(data=LEAVE), dumb=True) == {}


# --- the whole conversation, in a terminal -------------------------------------------------------


@pytest.mark.slow
@pytest.mark.usefixtures("tickets")
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_whole_conversation_writes_a_project_and_shows_how_to_repeat_it(
    lang: str, tmp_path: Path
) -> None:
    terminal = Terminal("new", "desk", cwd=tmp_path, lang=lang)
    terminal.answer(data=f"tickets.csv{ENTER}")
    terminal.take_defaults("columns", "language", "gpu")
    terminal.answer(family=BACK)
    terminal.answer(gpu=BACK)
    terminal.take_defaults("language", "gpu", "family", "model", "name")
    terminal.see("review")
    assert str(tmp_path / "desk") in terminal.shown
    terminal.press(ENTER)
    status, shown = terminal.end()

    assert status == 0
    assert (tmp_path / "desk" / "config" / "run.yaml").is_file()
    assert SCREEN_TEXTS[lang]["again"] in shown
    lines = unfold_commands(shown).splitlines()
    repeat = next(line.strip() for line in lines if "newft new desk" in line)
    contents = read_contents(tmp_path / "desk")
    (tmp_path / "desk").rename(tmp_path / "first")
    environment = plain_environment(tmp_path)
    subprocess.run(shlex.split(repeat), cwd=tmp_path, env=environment, check=True)
    assert read_contents(tmp_path / "desk") == contents


@pytest.mark.slow
@pytest.mark.usefixtures("tickets")
@pytest.mark.parametrize(
    ("lang", "answered", "last"),
    [
        ("en", (), "data"),
        ("zh", ("columns", "language"), "gpu"),
        ("en", ("columns", "language", "gpu", "family", "model", "name"), "review"),
    ],
)
def test_ctrl_c_anywhere_ends_with_130_and_nothing_written(
    lang: str, answered: Sequence[str], last: str, tmp_path: Path
) -> None:
    terminal = Terminal("new", "desk", cwd=tmp_path, lang=lang)
    if last != "data":
        terminal.answer(data=f"tickets.csv{ENTER}")
    terminal.take_defaults(*answered)
    terminal.answer(**{last: CTRL_C})
    status, shown = terminal.end()

    assert status == 130
    assert not (tmp_path / "desk").exists()
    saved = tmp_path / "state" / "newft" / "answers.yml"
    assert saved.is_file() == (last != "data")
    if saved.is_file():
        assert SCREEN_TEXTS[lang]["saved"] in shown
        assert f"newft new desk --answers {saved}" in unfold_commands(shown)
        assert load_answers(saved)["data.files"] == (str(tmp_path / "tickets.csv"),)
        assert run_newft("new", "desk", "--answers", str(saved), cwd=tmp_path).returncode == 0


@pytest.mark.slow
def test_answers_are_kept_where_the_project_would_overwrite_a_file(tmp_path: Path) -> None:
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk" / "README.md").write_text("mine", encoding="utf-8")
    terminal = Terminal("new", "desk", "--gpu", "cpu", cwd=tmp_path, lang="en")
    terminal.take_defaults("data", "task", "language", "family", "model", "name")
    terminal.see("stuck")  # there is no line to write it any more
    assert "README.md" in terminal.shown
    terminal.press(DOWN + ENTER)
    status, _ = terminal.end()

    assert status == 130
    assert read_contents(tmp_path / "desk") == {"README.md": b"mine"}
    assert load_answers(tmp_path / "state" / "newft" / "answers.yml")["name"] == "desk"


@pytest.mark.slow
@pytest.mark.parametrize(("path", "called"), [("", "bin/newft"), ("bin:", "newft")])
def test_the_command_to_repeat_names_newft_as_it_was_called(
    path: str, called: str, tmp_path: Path
) -> None:
    script = tmp_path / "bin" / "newft"
    script.parent.mkdir()
    code = "import sys\nfrom newft.cli import main\nsys.exit(main())\n"
    script.write_text(f"#!{sys.executable}\n{code}", encoding="utf-8")
    script.chmod(0o755)
    found = {"PATH": f"{path}{os.environ['PATH']}"}
    terminal = Terminal(
        "new", "desk", cwd=tmp_path, lang="en", program=["/usr/bin/env", "bin/newft"], **found
    )
    terminal.take_defaults("data", "task")
    terminal.answer(language=CTRL_C)
    _, shown = terminal.end()
    assert f"  {called} new desk --answers " in shown


def test_a_dumb_terminal_gets_no_escapes(tmp_path: Path) -> None:
    terminal = Terminal("new", "desk", cwd=tmp_path, lang="en", TERM="dumb")
    terminal.answer(data="\n", task="\n", language=CTRL_C)
    terminal.process.expect(pexpect.EOF)
    assert "\x1b" not in terminal.process.before
    terminal.process.close()
    assert terminal.process.exitstatus == 130
    assert "desk" not in list_names(tmp_path)
