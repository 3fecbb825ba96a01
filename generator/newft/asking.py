"""Asks one question: its text, its choices with what there is to say of each, its default."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from newft.choices import Choice
from newft.correction import show_columns
from newft.errors import UsageError
from newft.given import files
from newft.menu import Option
from newft.model import Reasoned
from newft.prompts import Check
from newft.questions import Question, refusal
from newft.situation import Situation
from newft.talk import BACK, Talk

UNSURE = "?"
OTHER = "..."
ANOTHER_FILE = "\0file"  # what nobody can type


def ask(question: Question, now: Situation, talk: Talk, *, before: str | None, back: bool) -> str:
    """The answer to a question, which starts on the one from before; BACK where that is offered."""
    if question.key == "task" and now.fits is not None:
        _say_what_was_recognised(now, talk)
    talk.say("\n" + talk.texts(f"questions.{question.key}.help"))
    default = _default(question, now)
    if question.form == "select":
        return _ask_list(question, now, talk, before=before, back=back)
    text = talk.texts(f"questions.{question.key}.text")
    why = default.why.to(talk.texts.language) if default else ""
    note = talk.texts(f"wizard.{question.form}", why=why) if default else ""
    shown = before or (default.value if default else "")
    if question.form == "path":
        return _path(talk.prompts.path(text, note=note, default=shown))
    return talk.prompts.text(text, check=_name_check(talk), note=note, default=shown)


def way_back(talk: Talk) -> Option:
    """The last entry of a list."""
    return Option(BACK, talk.texts("wizard.back"), fixed=True)


def _ask_list(
    question: Question, now: Situation, talk: Talk, *, before: str | None, back: bool
) -> str:
    texts, default = talk.texts, _default(question, now)
    options = [_option(question, choice, now, talk) for choice in question.choices(now)]
    marked = before or (default.value if default else None)
    if marked not in [option.value for option in options]:
        marked = OTHER if marked else None
    options += _other_ways(question, now, talk, back=back)
    text = texts(f"questions.{question.key}.text")
    value = talk.prompts.select(text, options, default=marked)
    if value == UNSURE and default:
        return default.value
    if value == OTHER:
        said = before or "" if marked == OTHER else ""
        typed = texts(f"questions.{question.key}.type")
        value = talk.prompts.text(typed, check=_typed_check(talk), default=said)
        if value == BACK:
            return _ask_list(question, now, talk, before=before, back=back)
    return value


def _other_ways(question: Question, now: Situation, talk: Talk, *, back: bool) -> list[Option]:
    """The entries below the choices, which stay whatever is typed."""
    texts = talk.texts
    offered = (
        (UNSURE, "wizard.unsure", question.knowledge),
        (OTHER, f"questions.{question.key}.other", question.other),
        (ANOTHER_FILE, "mapping.other", question.key == "task" and now.fits is not None),
        (BACK, "wizard.back", back),
    )
    return [Option(value, texts(key), fixed=True) for value, key, given in offered if given]


def _option(question: Question, choice: Choice, now: Situation, talk: Talk) -> Option:
    """A choice with what there is to say of it: that it does not fit, or why it is suggested."""
    texts, default = talk.texts, _default(question, now)
    title = choice.title.to(texts.language)
    if unfit := refusal(question, choice.value, situation=now, lookups=talk.lookups):
        why = "\n".join(text for text in unfit.to(texts.language) if text)
        note = texts("wizard.unfit", brief=unfit.brief.to(texts.language))
        return Option(choice.value, title, note, refusal=why)
    if default and choice.value == default.value:
        why = default.why.to(texts.language)
        return Option(choice.value, title, texts("wizard.suggested", why=why))
    return Option(choice.value, title, choice.note.to(texts.language).rstrip(".。"))


def _say_what_was_recognised(now: Situation, talk: Talk) -> None:
    """That no task, or more than one, is told by the files; and what is in them."""
    key = "recognised.several" if now.fits else "recognised.none"
    talk.say("\n" + talk.texts(key, files=talk.texts.listed(files(now.given))))
    if not now.fits:
        show_columns(now, talk)


def _name_check(talk: Talk) -> Check:
    def check(text: str) -> str | None:
        try:
            if text != BACK:
                talk.lookups.name(text)
        except UsageError as error:
            message, _ = error.to(talk.texts.language)
            return message
        return None

    return check


def _typed_check(talk: Talk) -> Check:
    return lambda text: None if text else talk.texts("wizard.empty")


def _default(question: Question, situation: Situation) -> Reasoned[str] | None:
    """The default, unless only the person can know."""
    try:
        return question.default(situation)
    except UsageError:
        return None


def _path(text: str) -> str:
    """A path as a shell would read it: quotes from a drag and drop go, `~` is the home folder."""
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        text = text[1:-1]
    with suppress(RuntimeError):  # a user whom the system does not know: the reader of it says so
        return str(Path(text).expanduser()) if text else text
    return text
