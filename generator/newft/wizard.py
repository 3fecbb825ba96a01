"""Walks the questions in the terminal, forwards and back, up to a review; knows no rule."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from newft.correction import Correction, another_task
from newft.errors import DataError, NewftError, UsageError
from newft.given import COLUMNS, FILES, Given, files
from newft.model import Reasoned
from newft.prompts import Option
from newft.questions import QUESTIONS, Question, answered, looked
from newft.situation import Situation, chosen_task
from newft.talk import BACK, Talk

UNSURE = "?"
OTHER = "..."
OF_THE_FILES = ("task", "positive")  # answers that other files make stale


class Stopped(KeyboardInterrupt):
    """The person left; what was answered so far is not lost."""

    def __init__(self, given: Given) -> None:
        super().__init__()
        self.given = given


def converse(start: Situation, talk: Talk) -> Situation:
    """The situation with every answer given and reviewed; Stopped if the person leaves."""
    conversation = _Conversation(start, talk)
    try:
        return conversation.run()
    except (KeyboardInterrupt, EOFError) as error:
        raise Stopped(conversation.now.given) from error
    except Exception:
        if conversation.trail:
            talk.broken(conversation.now.given)
        raise


class _Conversation:
    def __init__(self, start: Situation, talk: Talk) -> None:
        self.now = start
        self._talk = talk
        self.trail: list[tuple[Question, Situation]] = []  # what was asked, and when
        self._said: dict[str, str] = {}  # the last answer to each question, by its key
        self._keeping = False  # after a change, later answers are taken as they were

    def run(self) -> Situation:
        try:
            self.now = looked(self.now, self._talk.lookups)
        except DataError as error:
            self._mend(self.now, error)
        if self.now.data and files(self.now.given):
            self._agree_on_columns()
        while True:
            question = next((one for one in QUESTIONS if one.open(self.now)), None)
            if question:
                self._answer(question)
            elif self._reviewed():
                return self.now

    def _answer(self, question: Question) -> None:
        if not question.asked(self.now):
            self._take(question, question.default(self.now).value)
            return
        kept = self._kept(question)
        value = self._ask(question) if kept is None else kept
        if value == BACK:
            self._back()
            return
        if question.key == "data" and self._said.get("data") != value:
            for key in OF_THE_FILES:
                self._said.pop(key, None)
        self._said[question.key] = value
        self.trail.append((question, self.now))
        self._take(question, value)

    def _take(self, question: Question, value: str) -> None:
        before = self.now
        try:
            self.now = answered(question, value, situation=before, lookups=self._talk.lookups)
        except DataError as error:
            given = {**question.read(value, before), **before.given}
            self._mend(replace(before, given=given), error)
        except NewftError as error:
            if not self.trail:
                raise
            self._talk.error(error)
            self._back()
            return
        if before.data is None and self.now.data and files(self.now.given):
            self._agree_on_columns()

    def _back(self) -> None:
        self._keeping = False
        if self.trail:
            _, self.now = self.trail.pop()

    def _kept(self, question: Question) -> str | None:
        said = self._said.get(question.key) if self._keeping else None
        listed = [choice.value for choice in question.choices(self.now)]
        return said if question.other or question.form != "select" or said in listed else None

    # --- one question ----------------------------------------------------------------------------

    def _ask(self, question: Question) -> str:
        self._keeping = False
        self._talk.say("\n" + self._talk.texts(f"questions.{question.key}.help"))
        text = self._talk.texts(f"questions.{question.key}.text")
        default = _default(question, self.now)
        if question.form == "select":
            return self._ask_list(question, text, default)
        note = self._note(question, default)
        before = self._said.get(question.key, default.value if default else "")
        if question.form == "path":
            return _path(self._talk.prompts.path(text, note=note, default=before))
        return self._talk.prompts.text(text, check=self._name_check, note=note, default=before)

    def _ask_list(self, question: Question, text: str, default: Reasoned[str] | None) -> str:
        texts, language = self._talk.texts, self._talk.texts.language
        options = [
            Option(choice.value, choice.title.to(language)) for choice in question.choices(self.now)
        ]
        marked = self._said.get(question.key, default.value if default else None)
        if marked not in [option.value for option in options]:
            marked = OTHER if marked else None
        if question.knowledge:
            options.append(Option(UNSURE, texts("wizard.unsure")))
        if question.other:
            options.append(Option(OTHER, texts(f"questions.{question.key}.other")))
        if self.trail:
            options.append(Option(BACK, texts("wizard.back")))
        note = self._note(question, default)
        value = self._talk.prompts.select(text, options, note=note, default=marked)
        if value == UNSURE and default:
            return default.value
        if value == OTHER:
            said = self._said.get(question.key, "") if marked == OTHER else ""
            typed = texts(f"questions.{question.key}.type")
            value = self._talk.prompts.text(typed, check=self._typed_check, default=said)
            return self._ask_list(question, text, default) if value == BACK else value
        return value

    def _note(self, question: Question, default: Reasoned[str] | None) -> str:
        if default is None:
            return ""
        texts = self._talk.texts
        return texts(f"wizard.{question.form}", why=default.why.to(texts.language))

    def _name_check(self, text: str) -> str | None:
        try:
            if text != BACK:
                self._talk.lookups.name(text)
        except UsageError as error:
            return str(error)
        return None

    def _typed_check(self, text: str) -> str | None:
        return None if text else self._talk.texts("wizard.empty")

    # --- the user's files ------------------------------------------------------------------------

    def _agree_on_columns(self) -> None:
        texts = self._talk.texts
        while True:
            self._talk.mapping(self.now)
            options = [
                Option("yes", texts("mapping.yes")),
                Option("change", texts("mapping.change")),
                Option("task", texts("mapping.task")),
            ]
            if self.trail:
                options.append(Option(BACK, texts("wizard.back")))
            value = self._talk.prompts.select(texts("mapping.question"), options)
            if value == BACK:
                self._back()
            if value == "task":
                if named := another_task(self.now, self._talk):
                    self._measured(self.now, named)
            elif value == "change":
                if named := Correction(self.now, self._talk).of_one():
                    self._measured(self.now, named)
            else:
                return

    def _mend(self, now: Situation, error: DataError) -> None:
        """Take files that could not be used with the columns that are named, or ask for others."""
        if chosen_task(now) is None:  # files that cannot be read tell no task
            if not self.trail:
                raise error
            self._talk.error(error)
            self._ask_for_files()
            return
        correction, texts = Correction(now, self._talk), self._talk.texts
        if not correction.possible and not self.trail:
            raise error
        self._talk.error(error)
        options = [
            Option("name", texts("mapping.name")),
            Option("other", texts("mapping.other")),
            Option("task", texts("mapping.task")),
        ]
        while correction.possible:
            value = self._talk.prompts.select(texts("mapping.failed"), options)
            if value == "other":
                break
            named = another_task(now, self._talk) if value == "task" else correction.of_all()
            if named and self._measured(now, named):
                return
            if named and value == "task":
                now = replace(now, given={**_without_columns(now.given), **named}, data=None)
                correction = Correction(now, self._talk)
        self._ask_for_files()

    def _measured(self, now: Situation, named: Mapping[str, str]) -> bool:
        """Whether the files can be used with these columns; then they are."""
        given = {**_without_columns(now.given), **named}
        try:
            self.now = looked(replace(now, given=given, data=None), self._talk.lookups)
        except NewftError as error:
            self._talk.error(error)
            return False
        return True

    def _ask_for_files(self) -> None:
        """Go back to the question of the files, also where the command line had answered it."""
        self._keeping = False
        while self.trail:
            question, self.now = self.trail.pop()
            if question.key == "data":
                return
        kept = {k: v for k, v in _without_columns(self.now.given).items() if k != FILES}
        self.now = replace(self.now, given=kept, data=None, fits=None)

    # --- the review ------------------------------------------------------------------------------

    def _reviewed(self) -> bool:
        texts = self._talk.texts
        self._keeping = False
        options = [
            Option("change", texts("review.change")),
            Option("cancel", texts("review.cancel")),
        ]
        try:
            self._talk.review(self.now)
            options.insert(0, Option("write", texts("review.write")))
        except NewftError as error:
            self._talk.error(error)
        value = self._talk.prompts.select(texts("review.question"), options)
        if value == "cancel":
            raise KeyboardInterrupt
        if value == "change":
            self._change_answer()
        return value == "write"

    def _change_answer(self) -> None:
        texts = self._talk.texts
        asked = [
            Option(q.key, texts(f"questions.{q.key}.text").rstrip(":：")) for q, _ in self.trail
        ]
        value = self._talk.prompts.select(
            texts("review.which"), [*asked, Option(BACK, texts("wizard.back"))]
        )
        if value == BACK:
            return
        question, self.now = self.trail.pop()
        while question.key != value:
            question, self.now = self.trail.pop()
        self._answer(question)
        self._keeping = bool(self.trail) and self.trail[-1][0] is question


def _without_columns(given: Given) -> Given:
    """The answers but for those about columns."""
    return {key: value for key, value in given.items() if not key.startswith(COLUMNS)}


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
