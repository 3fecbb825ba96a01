"""Asks one question: its text, its choices with what there is to say of each, its default."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from newft.answers.keys import get_data_files
from newft.errors import UsageError
from newft.schema.reasoned import Reasoned
from newft.wizard.choices import Choice
from newft.wizard.column_questions import show_columns
from newft.wizard.context import BACK_VALUE, WizardContext
from newft.wizard.menu import Option
from newft.wizard.questions import Question, find_incompatibility
from newft.wizard.state import WizardState
from newft.wizard.terminal import InputCheck

UNSURE_VALUE = "?"
OTHER_VALUE = "..."
OTHER_FILE_VALUE = "\0file"  # what nobody can type


def ask_question(
    question: Question, now: WizardState, talk: WizardContext, *, before: str | None, back: bool
) -> str:
    """The answer to a question, which starts on the one from before; BACK where that is offered."""
    if question.key == "task" and now.fits is not None:
        _report_detected_tasks(now, talk)
    talk.say("\n" + talk.texts(f"questions.{question.key}.help"))
    default = _get_default(question, now)
    if question.form == "select":
        return _ask_choice(question, now, talk, before=before, back=back)
    text = talk.texts(f"questions.{question.key}.text")
    why = default.why.to(talk.texts.language) if default else ""
    note = talk.texts(f"wizard.{question.form}", why=why) if default else ""
    shown = before or (default.value if default else "")
    if question.form == "path":
        return _clean_path(talk.prompts.path(text, note=note, default=shown))
    return talk.prompts.text(text, check=_make_name_check(talk), note=note, default=shown)


def build_back_option(talk: WizardContext) -> Option:
    """The last entry of a list."""
    return Option(BACK_VALUE, talk.texts("wizard.back"), fixed=True)


def _ask_choice(
    question: Question, now: WizardState, talk: WizardContext, *, before: str | None, back: bool
) -> str:
    texts, default = talk.texts, _get_default(question, now)
    options = [_build_option(question, choice, now, talk) for choice in question.choices(now)]
    marked = before or (default.value if default else None)
    if marked not in [option.value for option in options]:
        marked = OTHER_VALUE if marked else None
    options += _build_extra_options(question, now, talk, back=back)
    text = texts(f"questions.{question.key}.text")
    value = talk.prompts.select(text, options, default=marked)
    if value == UNSURE_VALUE and default:
        return default.value
    if value == OTHER_VALUE:
        said = before or "" if marked == OTHER_VALUE else ""
        typed = texts(f"questions.{question.key}.type")
        value = talk.prompts.text(typed, check=_make_nonempty_check(talk), default=said)
        if value == BACK_VALUE:
            return _ask_choice(question, now, talk, before=before, back=back)
    return value


def _build_extra_options(
    question: Question, now: WizardState, talk: WizardContext, *, back: bool
) -> list[Option]:
    """The entries below the choices, which stay whatever is typed."""
    texts = talk.texts
    offered = (
        (UNSURE_VALUE, "wizard.unsure", question.knowledge),
        (OTHER_VALUE, f"questions.{question.key}.other", question.other),
        (OTHER_FILE_VALUE, "mapping.other", question.key == "task" and now.fits is not None),
        (BACK_VALUE, "wizard.back", back),
    )
    return [Option(value, texts(key), fixed=True) for value, key, given in offered if given]


def _build_option(
    question: Question, choice: Choice, now: WizardState, talk: WizardContext
) -> Option:
    """A choice with what there is to say of it: that it does not fit, or why it is suggested."""
    texts, default = talk.texts, _get_default(question, now)
    title = choice.title.to(texts.language)
    if unfit := find_incompatibility(question, choice.value, situation=now, lookups=talk.lookups):
        why = "\n".join(text for text in unfit.to(texts.language) if text)
        note = texts("wizard.unfit", brief=unfit.brief.to(texts.language))
        return Option(choice.value, title, note, refusal=why)
    if default and choice.value == default.value:
        why = default.why.to(texts.language)
        return Option(choice.value, title, texts("wizard.suggested", why=why))
    return Option(choice.value, title, choice.note.to(texts.language).rstrip(".。"))


def _report_detected_tasks(now: WizardState, talk: WizardContext) -> None:
    """That no task, or more than one, is told by the files; and what is in them."""
    key = "recognised.several" if now.fits else "recognised.none"
    talk.say("\n" + talk.texts(key, files=talk.texts.listed(get_data_files(now.given))))
    if not now.fits:
        show_columns(now, talk)


def _make_name_check(talk: WizardContext) -> InputCheck:
    def check(text: str) -> str | None:
        try:
            if text != BACK_VALUE:
                talk.lookups.name(text)
        except UsageError as error:
            message, _ = error.to(talk.texts.language)
            return message
        return None

    return check


def _make_nonempty_check(talk: WizardContext) -> InputCheck:
    return lambda text: None if text else talk.texts("wizard.empty")


def _get_default(question: Question, situation: WizardState) -> Reasoned[str] | None:
    """The default, unless only the person can know."""
    try:
        return question.default(situation)
    except UsageError:
        return None


def _clean_path(text: str) -> str:
    """A path as a shell would read it: quotes from a drag and drop go, `~` is the home folder."""
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        text = text[1:-1]
    with suppress(RuntimeError):  # a user whom the system does not know: the reader of it says so
        return str(Path(text).expanduser()) if text else text
    return text
