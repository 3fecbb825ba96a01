"""The conversation, by real keys: each question alone, then the whole talk in a terminal."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path

import pexpect
import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from newft.answers.command_line import format_command
from newft.answers.keys import RawAnswers
from newft.answers.yaml_file import load_answers
from newft.catalog.loader import load_catalog
from newft.dataset.column_match import ColumnSurvey
from newft.errors import IncompatibleError, NewftError
from newft.i18n import Messages
from newft.schema.catalog import Catalog
from newft.schema.hardware import MachineFacts
from newft.text import Text
from newft.wizard.context import WizardContext, WizardInterrupted
from newft.wizard.conversation import run_wizard
from newft.wizard.menu import Option
from newft.wizard.services import build_services
from newft.wizard.state import WizardState
from newft.wizard.terminal import InteractiveTerminal, PlainTerminal, TerminalUI
from support.credit_applications import applications, flagged, written
from support.files import list_names, read_contents
from support.help_desk_export import RECORDS
from support.run_newft import plain_environment, run_newft
from support.terminal import (
    BACK,
    CLEAR,
    CTRL_C,
    CTRL_D,
    DOWN,
    ENTER,
    SCREEN_TEXTS,
    UP,
    Terminal,
    remove_escapes,
)

MACHINE = MachineFacts("cpu", 1, 2, 8.0, bf16=False)
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
# no synonym names a column, and two look like the label
UNNAMED = "eins,zwei,drei\n" + "".join(
    f"{line},{line.split(',')[1]}\n" for line in RECORDS.splitlines()[1:]
)


@cache
def catalog() -> Catalog:
    return load_catalog()


class Heard:
    """What the conversation showed."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.errors: list[NewftError] = []
        self.mappings: list[dict[str, tuple[str, ...]]] = []
        self.reviews: list[RawAnswers] = []
        self.plans: list[RawAnswers] = []
        self.broken: list[RawAnswers] = []

    def mapping(self, now: WizardState) -> None:
        assert now.data
        self.mappings.append(dict(now.data.mapping))

    def review(self, now: WizardState) -> None:
        self.reviews.append(now.answers)

    def plan(self, now: WizardState) -> None:
        self.plans.append(now.answers)


def talk(prompts: TerminalUI, heard: Heard, review: Callable[[WizardState], None]) -> WizardContext:
    services = build_services(catalog(), MACHINE)
    shown = (heard.said.append, heard.errors.append, heard.mapping, review, heard.plan)
    return WizardContext(prompts, Messages("en"), services, *shown, heard.broken.append)


@contextmanager
def typing(keys: str) -> Iterator[None]:
    with create_pipe_input() as pipe:
        pipe.send_text(keys)
        with create_app_session(input=pipe, output=DummyOutput()):
            yield


def conversed(keys: str, heard: Heard, **given: str) -> RawAnswers:
    start = WizardState(catalog(), given, machine=MACHINE)
    with typing(keys):
        return run_wizard(
            start, talk(InteractiveTerminal(Messages("en")), heard, heard.review)
        ).answers


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def tickets(tmp_path: Path) -> Path:
    path = tmp_path / "tickets.csv"
    path.write_text(RECORDS, encoding="utf-8")
    return path


def test_enter_alone_takes_every_default(heard: Heard) -> None:
    assert conversed(ENTER * 7, heard) == DEFAULTS
    assert heard.reviews == [DEFAULTS]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ([ENTER, UP + ENTER], {"domain": "credit_risk", "task": "risk"}),
        ([ENTER, ENTER, DOWN + ENTER], {"language": "zh"}),
        ([ENTER, ENTER, ENTER, DOWN + ENTER, UP + ENTER], {"gpu": "V100-16GB"}),
        ([ENTER, ENTER, ENTER, UP * 3 + ENTER], {"gpu": "auto"}),
        ([ENTER, ENTER, ENTER, UP * 2 + ENTER, f"2xV100-32GB{ENTER}"], {"gpu": "2xV100-32GB"}),
        (
            [ENTER, ENTER, ENTER, ENTER, DOWN + ENTER],
            {"model": "HuggingFaceTB/SmolLM2-360M-Instruct", "family": "smollm2"},
        ),
        ([ENTER, ENTER, ENTER, ENTER, UP * 3 + ENTER], {"model": "embedded", "family": "smollm2"}),
        (
            [ENTER, ENTER, ENTER, ENTER, UP * 2 + ENTER, f"/{ENTER}", DOWN * 2 + ENTER],
            {"model": "/", "family": "qwen3"},
        ),
        ([ENTER, ENTER, ENTER, ENTER, ENTER, f"desk{ENTER}"], {"name": "desk"}),
    ],
)
def test_each_question_takes_an_answer(
    keys: list[str], expected: dict[str, str], heard: Heard
) -> None:
    with pytest.raises(WizardInterrupted) as stopped:
        conversed("".join(keys) + CTRL_C, heard)
    assert stopped.value.answers.items() >= expected.items()


def test_a_file_shows_its_mapping_and_brings_its_language(tickets: Path, heard: Heard) -> None:
    given = conversed(f"{tickets}{ENTER}" + ENTER * 7, heard)
    assert given == {**DEFAULTS, "data.files": (str(tickets),)}
    assert heard.mappings == [{"text": ("Body",), "label": ("Reason",)}]


def test_which_label_is_the_risk_is_asked_where_the_records_do_not_tell(
    tmp_path: Path, heard: Heard
) -> None:
    path = written(tmp_path, flagged(applications(), "target"))
    # the columns and the language as they are; of 0 and 1 the second
    keys = [f"{path}{ENTER}", ENTER * 2, DOWN + ENTER, ENTER * 4]
    given = conversed("".join(keys), heard)
    risk = {"domain": "credit_risk", "task": "risk", "data.positive": "1"}
    assert given.items() >= risk.items()
    assert heard.errors == []
    repeat = format_command(given, "desk")
    assert "--domain credit_risk --task risk" in repeat
    assert "--language en --positive 1" in repeat


def test_a_risk_that_the_records_tell_is_not_asked(tmp_path: Path, heard: Heard) -> None:
    path = written(tmp_path, flagged(applications(), "default"))
    given = conversed(f"{path}{ENTER}" + ENTER * 7, heard)
    assert "data.positive" not in given


def test_other_files_than_those_of_the_command_line_are_looked_at_anew(
    tmp_path: Path, tickets: Path, heard: Heard
) -> None:
    ages = [{"age": r["age"], "risk_level": r["risk_level"]} for r in applications()]
    path = written(tmp_path, ages)  # nothing that the model may see
    keys = [DOWN + ENTER, f"{tickets}{ENTER}", CTRL_C]
    with pytest.raises(WizardInterrupted) as stopped:
        conversed("".join(keys), heard, **{"data.files": (str(path),)})
    files = {"data.files": (str(tickets),)}
    assert stopped.value.answers == {**files, "domain": "customer_service", "task": "intent"}


def test_only_fields_of_one_column_are_offered_for_correction(tmp_path: Path, heard: Heard) -> None:
    path = written(tmp_path, applications())
    lines = iter([f"{path}\n", "2\n"])  # another column
    prompts = PlainTerminal(Messages("en"), heard.said.append, lambda: next(lines, ""))
    with pytest.raises(WizardInterrupted):
        run_wizard(WizardState(catalog(), machine=MACHINE), talk(prompts, heard, heard.review))
    assert [line for line in heard.said if line.startswith("? ")][-1] == (
        "? Which field is wrong?\n  1) Risk level <- risk_level\n"
        "  2) Recommendation <- recommendation\n  3) Customer <- (no column)\n  4) <- back"
    )


def test_a_mapping_can_be_corrected(tmp_path: Path, heard: Heard) -> None:
    path = tmp_path / "tickets.csv"
    lines = [line.split(",") for line in RECORDS.splitlines()]
    path.write_text("".join(f"{a},{b},x {a}\n" for a, b in lines), encoding="utf-8")
    label = [DOWN + ENTER, DOWN + ENTER, UP + ENTER, ENTER]  # change, the label, texts; the text
    text = [DOWN + ENTER, ENTER, DOWN * 2 + ENTER]  # change, the text, two below its column
    given = conversed(f"{path}{ENTER}" + "".join(label + text) + ENTER * 6, heard)

    assert [error.message[:25] for error in heard.errors] == ["0 of 42 rows can be used,"]
    assert heard.mappings == [
        {"text": ("Body",), "label": ("Reason",)},
        {"text": ("Body",), "label": ("Reason",)},
        {"text": ("x Body",), "label": ("Reason",)},
    ]
    assert given == {**DEFAULTS, "data.files": (str(path),), "data.columns.text": "x Body"}


def test_two_columns_can_be_swapped(tmp_path: Path, heard: Heard) -> None:
    path = tmp_path / "tickets.csv"
    rows = [f"where is {a},send {b}\n" for a in "abcdef" for b in "uvwxyz"]
    path.write_text("text,intent\n" + "".join(rows), encoding="utf-8")
    swap = [DOWN + ENTER, ENTER, DOWN + ENTER, ENTER]  # change, the text, the other; the label
    conversed(f"{path}{ENTER}" + "".join(swap) + ENTER * 6, heard)
    assert heard.errors == []
    assert heard.mappings[-1] == {"text": ("intent",), "label": ("text",)}


def test_a_mapping_that_is_right_is_read_no_second_time(tickets: Path, heard: Heard) -> None:
    def read(_: WizardState) -> ColumnSurvey:
        raise AssertionError("the files were read again")

    asked = talk(InteractiveTerminal(Messages("en")), heard, heard.review)
    asked = replace(asked, services=asked.services._replace(survey_columns=read))
    start = WizardState(catalog(), {"data.files": (str(tickets),)}, machine=MACHINE)
    with typing(ENTER * 6):
        assert run_wizard(start, asked).answers["data.files"] == (str(tickets),)


def test_a_column_that_is_not_there_is_forgotten_where_others_are_named(
    tickets: Path, heard: Heard
) -> None:
    wrong = {"data.files": (str(tickets),), "data.columns.group": "custmer"}
    given = conversed(ENTER * 9, heard, **wrong)
    assert [error.message[:19] for error in heard.errors] == ["no column `custmer`"]
    named = {key: value for key, value in given.items() if key.startswith("data.columns.")}
    assert named == {"data.columns.text": "Body", "data.columns.label": "Reason"}


def test_a_file_that_is_not_there_is_asked_for_again(tickets: Path, heard: Heard) -> None:
    given = conversed(f"nowhere.csv{ENTER}{CLEAR}{tickets}{ENTER}" + ENTER * 7, heard)
    assert [error.where for error in heard.errors] == ["nowhere.csv"]
    assert given["data.files"] == (str(tickets),)


def test_columns_that_cannot_be_told_are_asked_for(tmp_path: Path, heard: Heard) -> None:
    path = tmp_path / "tickets.csv"
    path.write_text(UNNAMED, encoding="utf-8")
    mend = [ENTER, ENTER, ENTER]  # name them; the text, the label, as they are most likely
    given = conversed(f"{path}{ENTER}" + "".join(mend) + ENTER * 6, heard)
    assert len(heard.errors) == 1
    assert heard.mappings == [{"text": ("eins",), "label": ("zwei",)}]
    assert given["data.columns.label"] == "zwei"


def test_columns_that_cannot_be_told_are_asked_for_in_files_of_the_command_line(
    tmp_path: Path, heard: Heard
) -> None:
    path = tmp_path / "tickets.csv"
    path.write_text(UNNAMED, encoding="utf-8")
    given = conversed(ENTER * 10, heard, **{"data.files": (str(path),)})
    assert given["data.columns.text"] == "eins"


def test_another_file_may_be_named_in_place_of_that_of_the_command_line(
    tmp_path: Path, tickets: Path, heard: Heard
) -> None:
    path = tmp_path / "unnamed.csv"
    path.write_text(UNNAMED, encoding="utf-8")
    keys = [DOWN + ENTER, f"{tickets}{ENTER}", ENTER * 6]
    given = conversed("".join(keys), heard, **{"data.files": (str(path),)})
    assert given == {**DEFAULTS, "data.files": (str(tickets),)}


def test_column_answers_are_kept_when_they_are_asked_again(tmp_path: Path, heard: Heard) -> None:
    path = tmp_path / "tickets.csv"
    numbered = [f"n{number},{line}\n" for number, line in enumerate(UNNAMED.splitlines())]
    path.write_text("".join(numbered), encoding="utf-8")
    ids = [ENTER, ENTER, UP + ENTER]  # name them: the text as found, the label one before
    again = [ENTER, ENTER, UP + ENTER]  # the text as named; from the ids up and around: back
    last = [ENTER, DOWN * 2 + ENTER]  # the text as named; the label two below the ids
    given = conversed(f"{path}{ENTER}" + "".join([*ids, *again, *last]) + ENTER * 6, heard)
    assert len(heard.errors) == 2
    assert heard.mappings == [{"text": ("eins",), "label": ("drei",)}]
    assert (given["data.columns.text"], given["data.columns.label"]) == ("eins", "drei")


def test_columns_are_offered_with_what_is_in_them(tmp_path: Path, heard: Heard) -> None:
    path = tmp_path / "tickets.csv"
    path.write_text(UNNAMED, encoding="utf-8")
    lines = iter([f"{path}\n", "\n", "\n"])
    prompts = PlainTerminal(Messages("en"), heard.said.append, lambda: next(lines, ""))
    with pytest.raises(WizardInterrupted):
        run_wizard(WizardState(catalog(), machine=MACHINE), talk(prompts, heard, heard.review))
    assert [line for line in heard.said if line.startswith("? ")][1:] == [
        "? What now?\n  1) name the columns\n  2) another file\n  3) it is another task",
        "? Which column is it: Customer message?\n"
        "  1) eins: please my refund is late, today my refund is late, again ...\n"
        "  2) zwei: refund, parcel, login\n  3) drei: refund, parcel, login\n  4) <- back",
        "? Which column is it: Intent?\n"
        "  1) zwei: refund, parcel, login\n  2) drei: refund, parcel, login\n  3) <- back",
    ]


def test_records_can_be_said_to_be_of_another_task(tickets: Path, heard: Heard) -> None:
    other = [DOWN * 2 + ENTER, UP * 2 + ENTER]  # another task; the last one, above the way back
    given = conversed(f"{tickets}{ENTER}" + "".join(other) + ENTER * 7, heard)
    assert (given["domain"], given["task"]) == ("legal", "charge")
    assert len(heard.mappings) == 2


def test_files_that_do_not_fit_can_be_said_to_be_of_another_task(
    tmp_path: Path, heard: Heard
) -> None:
    path = tmp_path / "tickets.csv"
    path.write_text(UNNAMED, encoding="utf-8")
    other = [UP + ENTER, UP * 2 + ENTER]  # another task; the last one: its columns are unclear too
    named = [ENTER, DOWN + ENTER]  # its columns are asked at once: the text, the label
    given = conversed(f"{path}{ENTER}" + "".join([*other, *named]) + ENTER * 7, heard)
    assert len(heard.errors) == 2
    assert (given["domain"], given["task"]) == ("legal", "charge")
    assert (given["data.columns.text"], given["data.columns.label"]) == ("eins", "drei")


def test_leaving_at_the_columns_keeps_the_file_and_the_columns_named(
    tmp_path: Path, heard: Heard
) -> None:
    path = tmp_path / "tickets.csv"
    path.write_text(UNNAMED, encoding="utf-8")
    for keys, columns in [
        (CTRL_C, {}),
        (ENTER + CTRL_C, {}),
        (ENTER * 2 + CTRL_C, {"data.columns.text": "eins"}),
    ]:
        with pytest.raises(WizardInterrupted) as stopped:
            conversed(f"{path}{ENTER}{keys}", heard)
        assert stopped.value.answers.items() >= {"data.files": (str(path),), **columns}.items()
        assert len(stopped.value.answers) == 3 + len(columns)


def said_by(heard: Heard, keys: str, **given: str) -> str:
    """Everything a dumb terminal shows until the lines, with a bar behind each, are used up."""
    lines = iter(f"{key}\n" for key in keys.split("|")[:-1])
    prompts = PlainTerminal(Messages("en"), heard.said.append, lambda: next(lines, ""))
    start = WizardState(catalog(), given, machine=MACHINE)
    with pytest.raises(WizardInterrupted):
        run_wizard(start, talk(prompts, heard, heard.review))
    return "\n".join(heard.said)


@pytest.fixture
def sensors(tmp_path: Path) -> Path:
    """Rows of nothing that newft has a task for."""
    rows = "".join(f"2026-01-{i % 28 + 1:02d},{20 + i % 7}.5,{i % 3}\n" for i in range(60))
    path = tmp_path / "sensors.csv"
    path.write_text(f"taken,temperature,valve\n{rows}", encoding="utf-8")
    return path


def test_that_nothing_was_recognised_is_said_with_what_was_seen(
    sensors: Path, heard: Heard
) -> None:
    shown = said_by(heard, f"{sensors}|2|1|")
    assert f"{sensors}: columns and values fit no task. The columns:" in shown
    assert "\n  temperature: 20.5, 21.5, 22.5 ...\n" in shown
    # the task is asked, and then its columns: nobody is sent to the command line
    assert "Intent classification needs: Customer message, Intent. Name their columns." in shown
    asked = [line for line in shown.splitlines() if line.startswith("? ")]
    assert asked[-2:] == [
        "? Which column is it: Customer message?",
        "? Which column is it: Intent?",
    ]
    assert not [error for error in heard.errors if error.hint]
    assert "--" not in shown


def test_from_what_nothing_was_recognised_in_one_can_go_to_another_file(
    sensors: Path, tickets: Path, heard: Heard
) -> None:
    another = UP * 2 + ENTER  # above the way back
    given = conversed(f"{sensors}{ENTER}{another}{CLEAR}{tickets}{ENTER}" + ENTER * 6, heard)
    assert given == {**DEFAULTS, "data.files": (str(tickets),)}


def test_another_task_leads_on_to_its_columns(sensors: Path, heard: Heard) -> None:
    # credit risk; back from its columns; it is another task: intents
    shown = said_by(heard, f"{sensors}|1|4|3|1|")
    asked = [line for line in shown.splitlines() if line.startswith("? ")]
    assert asked[-2:] == [
        "? Which task are these records for?",
        "? Which column is it: Customer message?",
    ]
    assert "--" not in shown
    assert not [error for error in heard.errors if error.hint]


def test_a_model_that_does_not_fit_is_marked_and_refused_at_once(heard: Heard) -> None:
    shown = said_by(heard, "||7|", **{"data.files": ()}, gpu="1x24GB")
    listed = [line for line in shown.splitlines() if "Qwen3-32B" in line]
    assert "(does not fit: needs" in listed[0]
    refused = [line for line in heard.said if line.startswith("LoRA on `Qwen/Qwen3-32B`")]
    assert refused and "choose `Qwen/Qwen3-" in refused[0]
    assert heard.reviews == []


def test_typed_models_are_refused_as_listed_ones_are(heard: Heard) -> None:
    keys = [ENTER * 4, UP * 2 + ENTER, f"Qwen/Qwen3-32B{ENTER}", CTRL_C]
    with pytest.raises(WizardInterrupted):
        conversed("".join(keys), heard)
    assert [error.where for error in heard.errors] == ["gpu"]
    assert "Qwen/Qwen3-32B" in heard.errors[0].message


def test_hardware_too_small_for_a_model_that_was_given_is_refused(heard: Heard) -> None:
    shown = said_by(heard, "|||", model="Qwen/Qwen3-32B")
    line = next(line for line in shown.splitlines() if "V100 16 GB" in line)
    assert "does not fit: needs" in line


def in_chinese(heard: Heard, path: Path) -> list[str]:
    """The questions of a Chinese conversation that takes every default, and an unlisted model."""
    asked: list[str] = []
    texts = Messages("zh")

    class Answering(PlainTerminal):
        def select(self, question: str, options: Sequence[Option], **_: str | None) -> str:
            asked.append(question)
            values = [option.value for option in options]
            if question == texts("questions.model.text"):
                return "..." if "..." in values else values[0]
            if question == texts("questions.positive.text"):
                return "1"
            return "flag" if "flag" in values else values[0]  # where a column is asked

        def text(self, question: str, **_: object) -> str:
            if question == texts("questions.model.type"):
                return "acme/weights"
            asked.append(question)
            return "desk"

        def path(self, question: str, **_: object) -> str:
            asked.append(question)
            return str(path)

    prompts = Answering(texts, heard.said.append, lambda: "")
    told = replace(talk(prompts, heard, heard.review), messages=texts)
    start = WizardState(catalog(), machine=MACHINE, interface_language="zh")
    given = run_wizard(start, told).answers
    assert given["hub"] == "modelscope"
    return asked


def test_a_chinese_conversation_asks_for_the_hub_and_no_more_than_seven_questions(
    tmp_path: Path, heard: Heard
) -> None:
    rows = "".join(f"{i * 37 % 101},{i * 53 % 89},{i % 3 == 0:d}\n" for i in range(60))
    path = tmp_path / "unknown.csv"
    path.write_text(f"alpha,beta,flag\n{rows}", encoding="utf-8")
    texts = Messages("zh")
    asked = in_chinese(heard, path)
    keys = [key for key in ("data", "task", "language", "positive", "gpu", "model", "hub", "family")
            if texts(f"questions.{key}.text") in asked]  # fmt: skip
    names = [text for text in asked if text == texts("questions.name.text")]
    assert {"data", "task", "positive", "gpu", "model", "family"} <= set(keys)
    assert len(keys) + len(names) <= 7


def test_the_hub_is_asked_with_modelscope_first(heard: Heard) -> None:
    lines = iter(["\n", "\n", "2\n", "\n", "2\n"])  # sample, task, English, CPU, 360M
    prompts = PlainTerminal(Messages("zh"), heard.said.append, lambda: next(lines, ""))
    told = replace(talk(prompts, heard, heard.review), messages=Messages("zh"))
    with pytest.raises(WizardInterrupted):
        run_wizard(WizardState(catalog(), machine=MACHINE, interface_language="zh"), told)
    assert heard.said[-2].startswith(
        "? 从哪里下载模型？\n  1) 魔搭 ModelScope（默认：国内下载快）\n"
    )


def test_a_reason_stands_beside_what_it_is_the_reason_of(heard: Heard) -> None:
    shown = said_by(heard, "|||3|")
    first, *_, last = [line for line in shown.splitlines() if "suggested:" in line]
    assert first == (
        "  2) Customer service: Intent classification"
        "  (suggested: its sample is the smallest, the quickest to run)"
    )
    assert re.fullmatch(
        r"  5\) Qwen3-8B: 16\.4 GB in 16 bit  \(suggested: the largest that fits with room to"
        r" spare; training takes \d+\.\d-\d+\.\d GB\)",
        last,
    )


def test_every_value_can_be_seen_before_writing(heard: Heard) -> None:
    given = conversed(ENTER * 6 + DOWN + ENTER + ENTER, heard)
    assert heard.plans == [given]


def test_an_answer_of_the_command_line_can_be_changed_at_the_review(heard: Heard) -> None:
    change = UP * 2 + ENTER  # above: cancel
    keys = [ENTER * 4, change, DOWN * 3 + ENTER, DOWN + ENTER, ENTER]
    given = conversed("".join(keys), heard, gpu="cpu", model="embedded")
    assert given["gpu"] in ("V100-16GB", "auto", "cpu")
    assert len(heard.reviews) == 2


def test_a_quoted_path_is_read_as_a_shell_would(tickets: Path, heard: Heard) -> None:
    given = conversed(f"'{tickets}'{ENTER}" + ENTER * 7, heard)
    assert given["data.files"] == (str(tickets),)


def test_going_back_keeps_what_was_answered_as_the_default(heard: Heard) -> None:
    keys = [
        ENTER, ENTER, DOWN + ENTER,  # the sample, the task that is marked, in Chinese
        DOWN + ENTER,  # a V100
        UP + ENTER,  # at the model: back
        UP * 2 + ENTER,  # at the hardware, marked as answered: back
        ENTER, ENTER, ENTER, ENTER, ENTER,  # everything as it was
    ]  # fmt: skip
    given = conversed("".join(keys), heard)
    assert (given["language"], given["gpu"]) == ("zh", "V100-16GB")


def test_a_less_than_sign_goes_back_from_a_line(heard: Heard) -> None:
    keys = [ENTER * 5, f"{CLEAR}<{ENTER}", DOWN + ENTER, ENTER, ENTER]
    given = conversed("".join(keys), heard)
    assert given["model"] == "HuggingFaceTB/SmolLM2-360M-Instruct"


def test_an_empty_name_is_the_default_and_typing_replaces_it(heard: Heard) -> None:
    assert conversed(ENTER * 5 + f"desk{ENTER}" + ENTER, heard)["name"] == "desk"
    assert conversed(ENTER * 5 + f"desk{CLEAR}{ENTER}" + ENTER, heard) == DEFAULTS


def test_a_name_that_cannot_be_one_is_not_taken(heard: Heard) -> None:
    keys = [ENTER * 5, f"{CLEAR}class{ENTER}", f"{CLEAR}desk{ENTER}", ENTER]
    assert conversed("".join(keys), heard)["name"] == "desk"


def test_hardware_that_is_unknown_is_asked_for_again(heard: Heard) -> None:
    keys = [ENTER * 3, UP * 2 + ENTER, f"V1000{ENTER}", CTRL_C]
    with pytest.raises(WizardInterrupted):
        conversed("".join(keys), heard)
    assert [error.where for error in heard.errors] == ["gpu"]


def test_a_model_folder_that_is_not_there_is_asked_for_again(heard: Heard) -> None:
    keys = [ENTER * 4, UP * 2 + ENTER, f"./weights{ENTER}", CTRL_C]
    with pytest.raises(WizardInterrupted):
        conversed("".join(keys), heard)
    assert [str(error) for error in heard.errors] == [
        "model: the folder `./weights` does not exist"
    ]


def test_changing_one_answer_leads_back_to_the_review(heard: Heard) -> None:
    keys = [ENTER * 6, DOWN * 2 + ENTER, DOWN * 2 + ENTER, DOWN + ENTER, ENTER]
    given = conversed("".join(keys), heard)
    assert given == {**DEFAULTS, "language": "zh"}
    assert heard.reviews == [DEFAULTS, given]


def test_choices_that_do_not_fit_cannot_be_written(heard: Heard) -> None:
    def refuse(_: WizardState) -> None:
        raise IncompatibleError(Text("they do not fit", "不匹配"))

    start = WizardState(catalog(), DEFAULTS | {"data.files": ()}, machine=MACHINE)
    with typing(DOWN + ENTER), pytest.raises(WizardInterrupted):
        run_wizard(start, talk(InteractiveTerminal(Messages("en")), heard, refuse))
    assert [str(error) for error in heard.errors] == ["they do not fit"]


def test_a_bug_keeps_what_was_answered(heard: Heard) -> None:
    def fail(_: WizardState) -> None:
        raise ZeroDivisionError

    start = WizardState(catalog(), machine=MACHINE)
    with typing(ENTER * 2 + DOWN + ENTER + ENTER * 3), pytest.raises(ZeroDivisionError):
        run_wizard(start, talk(InteractiveTerminal(Messages("en")), heard, fail))
    assert heard.broken == [{**DEFAULTS, "language": "zh"}]


def test_cancelling_at_the_review_stops(heard: Heard) -> None:
    with pytest.raises(WizardInterrupted) as stopped:
        conversed(ENTER * 6 + DOWN * 3 + ENTER, heard)
    assert stopped.value.answers == DEFAULTS


def test_what_was_given_is_not_asked(heard: Heard) -> None:
    given = conversed(ENTER * 4, heard, gpu="cpu", language="zh", model="embedded")
    assert given.items() >= {"gpu": "cpu", "language": "zh", "model": "embedded"}.items()


@pytest.mark.parametrize("stop", [CTRL_C, CTRL_D])
@pytest.mark.parametrize(("answered", "keys"), [(0, ""), (5, ENTER * 5)])
def test_leaving_keeps_what_was_answered(stop: str, answered: int, keys: str, heard: Heard) -> None:
    clear = CLEAR if stop == CTRL_D else ""  # an end of file is one on an empty line only
    with pytest.raises(WizardInterrupted) as stopped:
        conversed(keys + clear + stop, heard)
    assert list(stopped.value.answers) == [key for key in stopped.value.answers if key in DEFAULTS]
    assert (len(stopped.value.answers) > 0) == (answered > 0)


def test_a_dumb_terminal_has_numbers(heard: Heard) -> None:
    lines = iter(["\n", "\n", "2\n", "9999\n", "1\n", "\n", "class\n", "desk\n", "1\n"])
    prompts = PlainTerminal(Messages("en"), heard.said.append, lambda: next(lines, ""))
    start = WizardState(catalog(), machine=MACHINE)
    given = run_wizard(start, talk(prompts, heard, heard.review)).answers
    assert given == {**DEFAULTS, "language": "zh", "name": "desk"}
    english = "1) English  (suggested: as in this conversation)"
    asked = f"? Language of the project:\n  {english}\n  2) Chinese\n  3) <- back"
    assert asked in heard.said


def test_a_dumb_terminal_that_ends_stops(heard: Heard) -> None:
    prompts = PlainTerminal(Messages("en"), heard.said.append, lambda: "")
    with pytest.raises(WizardInterrupted):
        run_wizard(WizardState(catalog()), talk(prompts, heard, heard.review))


# --- the whole talk, in a terminal ---------------------------------------------------------------

QUESTIONS = ("data", "mapping", "language", "gpu", "model", "name", "review")


@pytest.mark.slow
@pytest.mark.usefixtures("tickets")
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_whole_talk_writes_a_project_and_says_how_to_repeat_it(
    lang: str, tmp_path: Path
) -> None:
    terminal = Terminal("new", "desk", cwd=tmp_path, lang=lang)
    terminal.see("data")
    terminal.press(f"tickets.csv{ENTER}")
    for key in ("mapping", "language", "gpu"):
        terminal.see(key)
        terminal.press(ENTER)
    terminal.see("model")
    terminal.press(BACK)
    terminal.see("gpu")
    terminal.press(BACK)
    for key in ("language", "gpu", "model", "name"):
        terminal.see(key)
        terminal.press(ENTER)
    terminal.see("review")
    assert str(tmp_path / "desk") in remove_escapes(terminal.process.before)
    terminal.press(ENTER)
    status, shown = terminal.end()

    assert status == 0
    assert (tmp_path / "desk" / "config" / "run.yaml").is_file()
    assert SCREEN_TEXTS[lang]["again"] in shown
    repeat = next(line.strip() for line in shown.splitlines() if "newft new desk" in line)
    written = read_contents(tmp_path / "desk")
    (tmp_path / "desk").rename(tmp_path / "first")
    environment = plain_environment(tmp_path)
    subprocess.run(shlex.split(repeat), cwd=tmp_path, env=environment, check=True)
    assert read_contents(tmp_path / "desk") == written


@pytest.mark.slow
@pytest.mark.usefixtures("tickets")
@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("last", ["data", "gpu", "review"])
def test_ctrl_c_anywhere_ends_with_130_and_nothing_written(
    lang: str, last: str, tmp_path: Path
) -> None:
    terminal = Terminal("new", "desk", cwd=tmp_path, lang=lang)
    for key in QUESTIONS[: QUESTIONS.index(last)]:
        terminal.see(key)
        terminal.press(f"tickets.csv{ENTER}" if key == "data" else ENTER)
    terminal.see(last)
    terminal.press(CTRL_C)
    status, shown = terminal.end()

    assert status == 130
    assert not (tmp_path / "desk").exists()
    saved = tmp_path / "state" / "newft" / "answers.yml"
    assert saved.is_file() == (last != "data")
    if saved.is_file():
        assert SCREEN_TEXTS[lang]["saved"] in shown
        assert f"newft new desk --answers {saved}" in shown.replace("\r\n", "")
        assert load_answers(saved)["data.files"] == (str(tmp_path / "tickets.csv"),)
        assert run_newft("new", "desk", "--answers", str(saved), cwd=tmp_path).returncode == 0


@pytest.mark.slow
def test_answers_outlive_a_folder_that_is_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk" / "README.md").write_text("mine", encoding="utf-8")
    terminal = Terminal("new", "desk", "--gpu", "cpu", cwd=tmp_path, lang="en")
    for key in ("data", "task", "language", "model", "name", "stuck"):
        terminal.see(key)
        if key == "stuck":
            shown = remove_escapes(terminal.process.before)  # there is no line to write it any more
        terminal.press(DOWN + ENTER if key == "stuck" else ENTER)
    status, _ = terminal.end()

    assert status == 130
    assert "README.md" in shown
    assert read_contents(tmp_path / "desk") == {"README.md": b"mine"}
    assert load_answers(tmp_path / "state" / "newft" / "answers.yml")["name"] == "desk"


@pytest.mark.slow
@pytest.mark.parametrize(("path", "called"), [("", "bin/newft"), ("bin:", "newft")])
def test_what_is_to_be_typed_calls_newft_as_it_was_called(
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
    terminal.see("data")
    terminal.press(ENTER)
    terminal.see("task")
    terminal.press(ENTER)
    terminal.see("language")
    terminal.press(CTRL_C)
    _, shown = terminal.end()
    assert f"  {called} new desk --answers " in shown


def test_a_dumb_terminal_gets_no_escapes(tmp_path: Path) -> None:
    terminal = Terminal("new", "desk", cwd=tmp_path, lang="en", TERM="dumb")
    terminal.see("data")
    terminal.press("\n")
    terminal.see("task")
    terminal.press("\n")
    terminal.see("language")
    terminal.press(CTRL_C)
    terminal.process.expect(pexpect.EOF)
    assert "\x1b" not in terminal.process.before
    terminal.process.close()
    assert terminal.process.exitstatus == 130
    assert "desk" not in list_names(tmp_path)
