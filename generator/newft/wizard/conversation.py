"""Walks through the questions in the terminal, forwards and back, up to a review.

Which questions there are, and what follows from an answer, is known to `questions` and `state`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from newft.answers.keys import (
    COLUMNS_PREFIX,
    FILES_KEY,
    HIDE_KEY,
    PREFER_KEY,
    SHOW_KEY,
    RawAnswers,
    get_data_files,
)
from newft.decide.kit.kit_answer_rules import drop_unasked_answers
from newft.errors import (
    DataError,
    FileCollisionError,
    IncompatibleError,
    NewftError,
    ProjectError,
)
from newft.wizard.column_questions import ColumnDialog, ask_doubtful_columns, ask_other_task
from newft.wizard.context import BACK_VALUE, WizardContext, WizardInterrupted
from newft.wizard.default_answers import apply_answer
from newft.wizard.kit_questions import join_values, list_questions
from newft.wizard.menu import Option
from newft.wizard.question import VALUE_SEPARATOR, Question
from newft.wizard.question_prompt import (
    OTHER_FILE_VALUE,
    OTHER_METHOD_VALUE,
    ask_question,
    drop_option_names,
    format_question,
    try_choice,
)
from newft.wizard.questions import QUESTIONS
from newft.wizard.state import WizardState, resolve

MAX_QUESTIONS = 7  # optional questions, whose defaults are safe, are asked below it only
NOT_ASKED_AGAIN = ("data", "task")  # questions that only another file brings back
# offered where a copier template and newft both have a file
_PREFERENCES = {"prefer_kit": "kit", "prefer_newft": "newft"}
# answers that become stale with another answer to a question
DEPENDENT_ANSWERS = {"data": ("task", "positive", "indeterminate"), "family": ("model",)}


def run_wizard(
    start: WizardState, context: WizardContext, questions: Sequence[Question] | None = None
) -> WizardState:
    """Return the state with every answer given and reviewed.

    The questions are those about a project of the catalogue, unless others are given.

    Raises:
        WizardInterrupted: If the user leaves.
    """
    conversation = _Conversation(start, context, questions)
    try:
        return conversation.run()
    except WizardInterrupted:
        raise
    except (KeyboardInterrupt, EOFError) as error:
        raise WizardInterrupted(conversation.state.answers) from error
    except Exception:
        if conversation.history:
            context.keep_answers(conversation.state.answers)
        raise


def ask_missing_answers(start: WizardState, context: WizardContext) -> WizardState:
    """Return the state with the missing answers asked for; data and review are not shown.

    Raises:
        WizardInterrupted: If the user leaves.
    """
    conversation = _Conversation(start, context)
    try:
        return conversation.ask_missing()
    except (KeyboardInterrupt, EOFError) as error:
        raise WizardInterrupted(conversation.state.answers) from error


class _Conversation:
    def __init__(
        self,
        start: WizardState,
        context: WizardContext,
        questions: Sequence[Question] | None = None,
    ) -> None:
        self.state = self._start = start
        self.history: list[tuple[Question, WizardState]] = []  # questions, each with its state
        self._questions = questions or list_questions(start.catalog)
        self._context = context
        self._previous: dict[str, str] = {}  # the last answer to each question, by its key
        self._replaying = False  # after a change, later answers are repeated, not asked

    def run(self) -> WizardState:
        try:
            self.state = resolve(self.state, self._context.services)
        except DataError as error:
            self._recover_from_data_error(self.state, error)
        self._confirm_columns()
        while True:
            self._ask_until_complete()
            if self._review():
                return self._drop_unasked_answers()

    def _drop_unasked_answers(self) -> WizardState:
        kit = self.state.catalog.starter_kit
        return replace(self.state, answers=drop_unasked_answers(self.state.answers, kit))

    def ask_missing(self) -> WizardState:
        self.state = resolve(self.state, self._context.services)
        self._ask_until_complete()
        return self._drop_unasked_answers()

    def _ask_until_complete(self) -> None:
        while question := next(
            (one for one in self._questions if one.is_missing(self.state)), None
        ):
            self._answer(question)

    def _answer(self, question: Question, *, wanted: bool = False) -> None:
        """Ask a question, or take its default or its previous answer.

        One that the user wants to answer is asked, however many there were.
        """
        has_room = wanted or self._has_room_for(question)
        if not question.has_open_choice(self.state) or not has_room:
            self._take(question, question.get_default(self.state).value)
            return
        repeated = self._get_repeated_answer(question)
        value = self._ask(question) if repeated is None else repeated
        if value == BACK_VALUE:
            self._go_back()
            return
        if value == OTHER_FILE_VALUE:
            self._ask_for_files()
            return
        if value == OTHER_METHOD_VALUE:
            self._ask_method()
            return
        if self._previous.get(question.key) != value:
            for key in DEPENDENT_ANSWERS.get(question.key, ()):
                self._previous.pop(key, None)
        self._previous[question.key] = value
        self.history.append((question, self.state))
        self._take(question, value)

    def _ask_method(self) -> None:
        """Ask for the training method; the question that stands is asked anew with it."""
        question = next(one for one in QUESTIONS if one.key == "method")
        before = self.state
        self._remember_answer(question)
        self.state = self._remove_answer(question)
        value = self._ask(question)
        if value == BACK_VALUE:
            self.state = before
            return
        self._previous[question.key] = value
        self.history.append((question, before))
        self._take(question, value)

    def _ask(self, question: Question) -> str:
        self._replaying = False
        previous, offer_back = self._previous.get(question.key), bool(self.history)
        return ask_question(
            question, self.state, self._context, previous=previous, offer_back=offer_back
        )

    def _has_room_for(self, question: Question) -> bool:
        """Whether a question can be asked besides those that must be; the review offers it too."""
        if question not in QUESTIONS:  # the questions of a kit come on top
            return True
        later = QUESTIONS[QUESTIONS.index(question) + 1 :]
        needed = sum(
            one.is_missing(self.state) and one.has_open_choice(self.state) for one in later
        )
        asked = sum(not one.on_request for one, _ in self.history)
        return not question.optional or asked + needed < MAX_QUESTIONS

    def _take(self, question: Question, value: str) -> None:
        """Apply an answer; where that fails, recover or go back."""
        before, services = self.state, self._context.services
        try:
            plan = try_choice(question, value, state=before, services=services)
            if isinstance(plan, IncompatibleError):
                raise plan
            self.state = apply_answer(question, value, state=before, services=services)
        except DataError as error:
            answers = {**question.parse(value, before), **before.answers}
            # a user whose files fit no task has just named it, and names the columns next
            state = replace(before, answers=answers)
            self._recover_from_data_error(state, error, at_once=before.detected_tasks == ())
        except NewftError as error:
            if not self.history:
                raise
            self._context.print_error(drop_option_names(error))
            self._go_back()
            return
        if before.data is None:
            self._confirm_columns()

    def _go_back(self) -> None:
        self._replaying = False
        if self.history:
            _, self.state = self.history.pop()

    def _get_repeated_answer(self, question: Question) -> str | None:
        """Return the previous answer while answers are repeated, if it can still be chosen."""
        answer = self._previous.get(question.key) if self._replaying else None
        values = [choice.value for choice in question.list_choices(self.state)]
        if (question.describe or question.form == "several") and answer is not None:
            parts = [part for part in answer.split(VALUE_SEPARATOR) if part]
            return answer if not values or {*parts} <= {*values} else None
        any_value = question.takes_other(self.state) or question.form != "select"
        return answer if any_value or answer in values else None

    # --- the user's files ------------------------------------------------------------------------

    def _confirm_columns(self) -> None:
        """Show what is in the files until the user agrees, corrects it or goes back.

        Naming another task may end with a request for other files, which are then not read yet.
        """
        messages = self._context.messages
        while self.state.data and get_data_files(self.state.answers):
            self._context.print_data(self.state)
            options = [
                Option("yes", messages("columns.yes")),
                Option("change", messages("columns.change")),
                Option("task", messages("columns.other_task")),
            ]
            if self.history:
                options.append(self._context.make_back_option())
            value = self._context.terminal.select(messages("columns.question"), options)
            if value == BACK_VALUE:
                self._go_back()
                return
            if value == "yes" and self._settle_doubts():
                return
            self._correct_columns(value)

    def _correct_columns(self, value: str) -> None:
        """Ask for another task or another column, if that was chosen."""
        if value == "task":
            if task := ask_other_task(self.state, self._context):
                self._switch_task(self.state, task)
        elif value == "change" and (columns := ColumnDialog(self.state, self._context).ask_one()):
            self._try_columns(self.state, columns)

    def _settle_doubts(self) -> bool:
        """Ask whether the model may see each doubtful column; return whether all is settled."""
        answers = ask_doubtful_columns(self.state, self._context)
        if answers is None:
            return False
        return not answers or self._try_columns(self.state, answers)

    def _switch_task(self, state: WizardState, task: Mapping[str, str]) -> None:
        """Use the files for another task; columns that are unclear for it are asked for."""
        answers = {**_drop_columns(state.answers), **task}
        state = replace(state, answers=answers, data=None)
        try:
            self.state = resolve(state, self._context.services)
        except DataError as error:
            self._recover_from_data_error(state, error, at_once=True)

    def _recover_from_data_error(
        self, state: WizardState, error: DataError, *, at_once: bool = False
    ) -> None:
        """Ask for the columns of files that could not be used, or for other files.

        `at_once` begins with the columns, without asking first what to do.
        """
        has_task = state.task is not None  # the task of files that cannot be read is unknown
        dialog = ColumnDialog(state, self._context) if has_task else None
        can_ask = dialog is not None and dialog.has_columns
        if not can_ask and not self.history:
            raise error
        before, self.state = self.state, state  # an interruption keeps the answers about files
        if dialog and can_ask and at_once and dialog.has_unmatched_fields:
            dialog.print_required_fields()
        else:
            self._context.print_error(error.without_hint() if can_ask else error)
        if dialog is None or not self._ask_recovery(state, dialog, at_once=at_once):
            self.state = before
            self._ask_for_files()

    def _ask_recovery(self, state: WizardState, dialog: ColumnDialog, *, at_once: bool) -> bool:
        """Ask until the files can be used and return True, or False for other files."""
        messages = self._context.messages
        options = [
            Option("name", messages("columns.name")),
            Option("other", messages("columns.other_file")),
            Option("task", messages("columns.other_task")),
        ]
        value = "name" if at_once else ""
        while dialog.has_columns:
            value = value or self._context.terminal.select(messages("columns.failed"), options)
            if value == "other":
                return False
            if value == "name":
                if (columns := dialog.ask_required()) and self._try_columns(state, columns):
                    return True
            elif task := ask_other_task(state, self._context):
                self._switch_task(state, task)
                return True
            value = ""
        return False

    def _try_columns(self, state: WizardState, columns: RawAnswers) -> bool:
        """Return whether the files can be used with these columns; if so, they are."""
        fields = any(key.startswith(COLUMNS_PREFIX) for key in columns)
        kept = _drop_columns(state.answers) if fields else state.answers
        answers = {**kept, **columns}
        try:
            state = replace(state, answers=answers, data=None)
            self.state = resolve(state, self._context.services)
        except NewftError as error:
            self._context.print_error(error.without_hint())  # a menu with the same advice follows
            return False
        return True

    def _ask_for_files(self) -> None:
        """Go back to the question about files, also if the command line answered it."""
        self._replaying = False
        while self.history:
            question, self.state = self.history.pop()
            if question.key == "data":
                return
        # the start has no task that was detected in the files which are now to be replaced
        answers = _drop_columns(self._start.answers)
        answers = {key: value for key, value in answers.items() if key != FILES_KEY}
        self.state = replace(self._start, answers=answers)

    # --- the review ------------------------------------------------------------------------------

    def _review(self) -> bool:
        """Show the summary and return whether the project is to be written."""
        messages, terminal = self._context.messages, self._context.terminal
        self._replaying = False
        options = [
            Option("change", messages("review.change")),
            Option("cancel", messages("review.cancel")),
        ]
        question, likely = messages("review.stuck"), None
        try:
            self._context.print_summary(self.state)
        except NewftError as error:
            self._context.print_error(error)
            likely = "name" if isinstance(error, ProjectError) else None  # the folder is not free
            if isinstance(error, FileCollisionError):
                options[:0] = [Option(one, messages(f"review.{one}")) for one in _PREFERENCES]
        else:
            end = self._context.end
            question = messages(f"review.question_{end}")
            options.insert(0, Option("write", messages(f"review.{end}")))
            options.insert(1, Option("explain", messages(f"review.explain_{end}")))
        while (value := terminal.select(question, options)) == "explain":
            self._context.print_explanation(self.state)
        if value == "cancel":
            raise KeyboardInterrupt
        if value == "change":
            self._change_answer(likely)
        if value in _PREFERENCES:
            answers = {**self.state.answers, PREFER_KEY: _PREFERENCES[value]}
            self.state = replace(self.state, answers=answers)
        return value == "write"

    def _change_answer(self, likely: str | None) -> None:
        """Ask one question again, also one that was not asked; later answers are repeated."""
        messages, asked = self._context.messages, [question for question, _ in self.history]
        options = [
            Option(one.key, format_question(one, self.state, messages).rstrip(":："))
            for one in self._questions
            if (one in asked and (one.describe is None or one.applies(self.state)))
            or self._can_be_asked(one)
        ]
        options.append(self._context.make_back_option())
        value = self._context.terminal.select(messages("review.which"), options, default=likely)
        if value == BACK_VALUE:
            return
        question = next(one for one in self._questions if one.key == value)
        if question not in asked:
            self._remember_answer(question)
            self.state = self._remove_answer(question)
        requested: RawAnswers = {}  # given on request after it, so they are not asked for again
        while question in asked:
            last, self.state = self.history.pop()
            if last is question:
                break
            if last.on_request:
                requested = {**last.parse(self._previous[last.key], self.state), **requested}
        if requested:
            answers = {**self.state.answers, **requested}
            self.state = resolve(replace(self.state, answers=answers), self._context.services)
        self._answer(question, wanted=True)
        self._replaying = bool(self.history) and self.history[-1][0] is question

    def _remember_answer(self, question: Question) -> None:
        """Keep the answer that holds, so that it is marked where the question is asked anew."""
        given = self.state.answers.get(question.answer_keys[0])
        self._previous[question.key] = (
            question.get_default(self.state).value if given is None else join_values(given)
        )

    def _can_be_asked(self, question: Question) -> bool:
        locked = {*self.state.locked} & {*question.answer_keys}
        if question.key in NOT_ASKED_AGAIN or locked or not question.applies(self.state):
            return False
        return question.has_open_choice(self._remove_answer(question))

    def _remove_answer(self, question: Question) -> WizardState:
        """Return the state as if a question had no answer yet."""
        keys = question.answer_keys
        dropped = {*keys, "family"} if question.key == "model" else {*keys}
        dropped -= {*self.state.locked}
        answers = {key: value for key, value in self.state.answers.items() if key not in dropped}
        state = replace(self.state, answers=answers, data=None, hardware=None, suggested_model=None)
        return resolve(state, self._context.services)


def _drop_columns(answers: RawAnswers) -> RawAnswers:
    """Return the answers without those about columns."""
    dropped = (SHOW_KEY, HIDE_KEY)
    return {
        key: value
        for key, value in answers.items()
        if not key.startswith(COLUMNS_PREFIX) and key not in dropped
    }
