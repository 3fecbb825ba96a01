"""Walks the questions in the terminal, forwards and back, up to a review; knows no rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from newft.answers.keys import COLUMNS_PREFIX, FILES_KEY, RawAnswers, get_data_files
from newft.errors import DataError, NewftError
from newft.wizard.column_questions import ColumnDialog, ask_other_task
from newft.wizard.context import BACK_VALUE, WizardContext
from newft.wizard.menu import Option
from newft.wizard.question_prompt import OTHER_FILE_VALUE, ask_question, build_back_option
from newft.wizard.questions import QUESTIONS, Question, find_incompatibility
from newft.wizard.state import WizardState, get_chosen_task
from newft.wizard.state_updates import apply_answer, resolve

MAX_QUESTIONS = 7  # that a conversation asks; defaults answer what may be left to them
REPEATED_FOR_FILES = (
    "data",
    "task",
)  # questions that are asked again from the first, with other files
DEPENDS_ON_FILES = ("task", "positive")  # answers that other files make stale


class WizardInterrupted(KeyboardInterrupt):
    """The person left; what was answered so far is not lost."""

    def __init__(self, given: RawAnswers) -> None:
        super().__init__()
        self.given = given


def run_wizard(start: WizardState, talk: WizardContext) -> WizardState:
    """The situation with every answer given and reviewed; Stopped if the person leaves."""
    conversation = _Conversation(start, talk)
    try:
        return conversation.run()
    except (KeyboardInterrupt, EOFError) as error:
        raise WizardInterrupted(conversation.now.given) from error
    except Exception:
        if conversation.trail:
            talk.broken(conversation.now.given)
        raise


class _Conversation:
    def __init__(self, start: WizardState, talk: WizardContext) -> None:
        self.now = start
        self._talk = talk
        self.trail: list[tuple[Question, WizardState]] = []  # what was asked, and when
        self._said: dict[str, str] = {}  # the last answer to each question, by its key
        self._keeping = False  # after a change, later answers are taken as they were

    def run(self) -> WizardState:
        try:
            self.now = resolve(self.now, self._talk.lookups)
        except DataError as error:
            self._mend(self.now, error)
        if self.now.data and get_data_files(self.now.given):
            self._agree_on_columns()
        while True:
            question = next((one for one in QUESTIONS if one.open(self.now)), None)
            if question:
                self._answer(question)
            elif self._reviewed():
                return self.now

    def _answer(self, question: Question) -> None:
        if not question.asked(self.now) or not self._room_for(question):
            self._take(question, question.default(self.now).value)
            return
        kept = self._kept(question)
        value = self._ask(question) if kept is None else kept
        if value == BACK_VALUE:
            self._back()
            return
        if value == OTHER_FILE_VALUE:
            self._ask_for_files()
            return
        if question.key == "data" and self._said.get("data") != value:
            for key in DEPENDS_ON_FILES:
                self._said.pop(key, None)
        self._said[question.key] = value
        self.trail.append((question, self.now))
        self._take(question, value)

    def _ask(self, question: Question) -> str:
        self._keeping = False
        before = self._said.get(question.key)
        return ask_question(question, self.now, self._talk, before=before, back=bool(self.trail))

    def _room_for(self, question: Question) -> bool:
        """Whether a question can be asked with those that must be; the review offers the others."""
        later = QUESTIONS[QUESTIONS.index(question) + 1 :]
        needed = sum(not one.spare and one.asked(self.now) for one in later)
        return not question.spare or len(self.trail) + needed < MAX_QUESTIONS

    def _take(self, question: Question, value: str) -> None:
        before, lookups = self.now, self._talk.lookups
        try:
            if unfit := find_incompatibility(question, value, situation=before, lookups=lookups):
                raise unfit
            self.now = apply_answer(question, value, situation=before, lookups=lookups)
        except DataError as error:
            given = {**question.read(value, before), **before.given}
            # who was told that nothing was recognised named the task, and names the columns next
            self._mend(replace(before, given=given), error, at_once=before.fits == ())
        except NewftError as error:
            if not self.trail:
                raise
            self._talk.error(error)
            self._back()
            return
        if before.data is None and self.now.data and get_data_files(self.now.given):
            self._agree_on_columns()

    def _back(self) -> None:
        self._keeping = False
        if self.trail:
            _, self.now = self.trail.pop()

    def _kept(self, question: Question) -> str | None:
        said = self._said.get(question.key) if self._keeping else None
        listed = [choice.value for choice in question.choices(self.now)]
        return said if question.other or question.form != "select" or said in listed else None

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
                options.append(build_back_option(self._talk))
            value = self._talk.prompts.select(texts("mapping.question"), options)
            if value == BACK_VALUE:
                self._back()
            if value == "task":
                if named := ask_other_task(self.now, self._talk):
                    self._take_as(self.now, named)
            elif value == "change":
                if named := ColumnDialog(self.now, self._talk).of_one():
                    self._measured(self.now, named)
            else:
                return

    def _take_as(self, now: WizardState, task: Mapping[str, str]) -> None:
        """Take the files as those of another task; columns that cannot be told are asked for."""
        now = replace(now, given={**_drop_columns(now.given), **task}, data=None)
        try:
            self.now = resolve(now, self._talk.lookups)
        except DataError as error:
            self._mend(now, error, at_once=True)

    def _mend(self, now: WizardState, error: DataError, *, at_once: bool = False) -> None:
        """Take files that could not be used with the columns that are named, or ask for others.

        `at_once` begins with the columns, without asking first what to do.
        """
        known = get_chosen_task(now) is not None  # files that cannot be read tell no task
        correction = ColumnDialog(now, self._talk) if known else None
        possible = correction is not None and correction.possible
        if not possible and not self.trail:
            raise error
        if correction and possible and at_once and correction.missing:
            correction.say_what_is_needed()
        else:
            self._talk.error(error.without_hint() if possible else error)
        if correction is None or not self._mended(now, correction, at_once=at_once):
            self._ask_for_files()

    def _mended(self, now: WizardState, correction: ColumnDialog, *, at_once: bool) -> bool:
        """Whether the person made the files usable; False asks for others."""
        texts = self._talk.texts
        options = [
            Option("name", texts("mapping.name")),
            Option("other", texts("mapping.other")),
            Option("task", texts("mapping.task")),
        ]
        value = "name" if at_once else ""
        while correction.possible:
            value = value or self._talk.prompts.select(texts("mapping.failed"), options)
            if value == "other":
                return False
            if value == "name":
                if (named := correction.of_all()) and self._measured(now, named):
                    return True
            elif named := ask_other_task(now, self._talk):
                self._take_as(now, named)
                return True
            value = ""
        return False

    def _measured(self, now: WizardState, named: Mapping[str, str]) -> bool:
        """Whether the files can be used with these columns; then they are."""
        given = {**_drop_columns(now.given), **named}
        try:
            self.now = resolve(replace(now, given=given, data=None), self._talk.lookups)
        except NewftError as error:
            self._talk.error(error.without_hint())  # the menu that follows offers what it says
            return False
        return True

    def _ask_for_files(self) -> None:
        """Go back to the question of the files, also where the command line had answered it."""
        self._keeping = False
        while self.trail:
            question, self.now = self.trail.pop()
            if question.key == "data":
                return
        kept = {k: v for k, v in _drop_columns(self.now.given).items() if k != FILES_KEY}
        self.now = replace(self.now, given=kept, data=None, fits=None)

    # --- the review ------------------------------------------------------------------------------

    def _reviewed(self) -> bool:
        texts = self._talk.texts
        self._keeping = False
        options = [
            Option("change", texts("review.change")),
            Option("cancel", texts("review.cancel")),
        ]
        question = texts("review.stuck")
        try:
            self._talk.review(self.now)
        except NewftError as error:
            self._talk.error(error)
        else:
            question = texts("review.question")
            options.insert(0, Option("write", texts("review.write")))
            options.insert(1, Option("plan", texts("review.plan")))
        while (value := self._talk.prompts.select(question, options)) == "plan":
            self._talk.plan(self.now)
        if value == "cancel":
            raise KeyboardInterrupt
        if value == "change":
            self._change_answer()
        return value == "write"

    def _change_answer(self) -> None:
        """Ask one question again, also one that was not asked; later answers stay if they can."""
        texts, asked = self._talk.texts, [question for question, _ in self.trail]
        options = [
            Option(one.key, texts(f"questions.{one.key}.text").rstrip(":："))
            for one in QUESTIONS
            if one in asked or (one.key not in REPEATED_FOR_FILES and one.asked(self._without(one)))
        ]
        value = self._talk.prompts.select(
            texts("review.which"), [*options, build_back_option(self._talk)]
        )
        if value == BACK_VALUE:
            return
        question = next(one for one in QUESTIONS if one.key == value)
        if question not in asked:
            self._said[question.key] = str(self.now.given[question.keys[0]])
            self.now = self._without(question)
        while question in asked:
            last, self.now = self.trail.pop()
            if last is question:
                break
        self._answer(question)
        self._keeping = bool(self.trail) and self.trail[-1][0] is question

    def _without(self, question: Question) -> WizardState:
        """The situation as if a question had no answer yet."""
        dropped = (*question.keys, "family") if question.key == "model" else question.keys
        given = {key: value for key, value in self.now.given.items() if key not in dropped}
        now = replace(self.now, given=given, data=None, hardware=None, model=None)
        return resolve(now, self._talk.lookups)


def _drop_columns(given: RawAnswers) -> RawAnswers:
    """The answers but for those about columns."""
    return {key: value for key, value in given.items() if not key.startswith(COLUMNS_PREFIX)}
