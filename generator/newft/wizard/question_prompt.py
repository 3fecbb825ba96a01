"""Asks one question: its text, its choices with a note on each, its default."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from newft.answers.keys import ANSWER_KEYS, get_data_files
from newft.catalog.model_names import find_near_models
from newft.console.summary_rows import format_memory
from newft.emitted.normalize import escape_controls
from newft.errors import IncompatibleError, NewftError, UsageError
from newft.i18n import Messages
from newft.schema.family import EMBEDDED, is_hub_model
from newft.schema.method import DEFAULT_METHOD
from newft.schema.plan import Plan
from newft.schema.reasoned import Reasoned
from newft.schema.starter_kit import AskedQuestion
from newft.text import Language, Text
from newft.wizard.column_questions import print_column_previews
from newft.wizard.context import BACK_VALUE, WizardContext
from newft.wizard.kit_questions import join_values
from newft.wizard.menu import Option
from newft.wizard.model_questions import list_methods
from newft.wizard.question import VALUE_SEPARATOR, Choice, Question
from newft.wizard.state import Services, WizardState
from newft.wizard.task_errors import list_findings
from newft.wizard.terminal import InputCheck

UNSURE_VALUE = "?"
OTHER_VALUE = "..."
OTHER_FILE_VALUE = "\0file"  # cannot be typed
OTHER_METHOD_VALUE = "\0method"
_OPTION_NAMES = re.compile(rf"(?:{'|'.join(entry.option for entry in ANSWER_KEYS)}) (?=\S)")


def ask_question(
    question: Question,
    state: WizardState,
    context: WizardContext,
    *,
    previous: str | None,
    offer_back: bool,
) -> str:
    """Return the answer to a question; the previous answer, or else the default, is marked."""
    messages = context.messages
    if question.key == "task" and state.detected_tasks is not None:
        _print_detected_tasks(state, context)
    asked = question.describe(state) if question.describe else None
    if asked:
        return _ask_described(question, asked, state, context, previous, offer_back=offer_back)
    context.say("\n" + messages(f"questions.{question.key}.{_pick_form('help', question, state)}"))
    if question.key == "family" and is_hub_model(str(state.answers.get("model", EMBEDDED))):
        context.say(_explain_unlisted(str(state.answers["model"]), state, messages))
    if question.takes_several(state):
        chosen = question.propose(state) if previous is None else previous.split(VALUE_SEPARATOR)
        return _ask_several(
            format_question(question, state, messages),
            question.list_choices(state),
            context,
            chosen=chosen,
            allow_none=question.allow_none,
        )
    if question.form in ("select", "several"):
        return _ask_choice(question, state, context, previous=previous, offer_back=offer_back)
    default = _get_default(question, state)
    text = format_question(question, state, messages)
    why = default.why.to(messages.language) if default else ""
    note = messages(f"wizard.{question.form}", why=why) if default else ""
    value = previous or (default.value if default else "")
    if question.form == "path":
        return _clean_path(context.terminal.path(text, note=note, default=value))
    check = _make_name_check(context)
    return context.terminal.text(text, check=check, note=note, default=value)


def format_question(question: Question, state: WizardState, messages: Messages) -> str:
    """Return the text of a question about the task that is chosen, if any."""
    if asked := question.describe(state) if question.describe else None:
        title = escape_controls(asked.title.to(messages.language))
        return title if title.endswith((":", "：", "?", "？")) else messages("kit.ask", title=title)
    positive = state.positive_title.to(messages.language)
    form = _pick_form("text", question, state)
    return messages(f"questions.{question.key}.{form}", positive=positive)


def _pick_form(name: str, question: Question, state: WizardState) -> str:
    """Return the name of a text: one of two labels and the family of a model have their own."""
    if question.key == "family" and "model" in state.answers:
        return f"{name}_of_model"
    one = question.form == "several" and not question.takes_several(state)
    return f"{name}_of_one" if one else name


def _explain_unlisted(model: str, state: WizardState, messages: Messages) -> str:
    """Say that no family lists a model of a hub, and which listed ones are nearest."""
    near = messages.join(find_near_models(model, state.catalog))
    key = "questions.model.unlisted_near" if near else "questions.model.unlisted"
    return messages(key, model=model, near=near)


def _ask_described(
    question: Question,
    asked: AskedQuestion,
    state: WizardState,
    context: WizardContext,
    previous: str | None,
    *,
    offer_back: bool,
) -> str:
    """Ask a question whose texts are data: for a choice, for several of them, or for a text."""
    messages, terminal = context.messages, context.terminal
    lines = asked.help.to(messages.language).splitlines()
    help_text = "\n".join(map(escape_controls, lines))
    context.say(f"\n{help_text}" if help_text else "")
    default = "" if asked.default is None else join_values(asked.default)
    text, value = format_question(question, state, messages), previous or default
    if asked.multiple:
        choices = [Choice(*choice) for choice in asked.choices]
        return _ask_several(text, choices, context, chosen=value.split(VALUE_SEPARATOR))
    if asked.choices:
        options = [Option(key, title.to(messages.language)) for key, title in asked.choices]
        options += [context.make_back_option()] if offer_back else []
        return terminal.select(text, options, default=value or None)
    if question.find_fault:
        check = _make_fault_check(question.find_fault, context)
        return terminal.text(text, check=check, note=messages("wizard.unknown"), default=value)
    check = _make_kit_check(asked, state, context)
    note = messages("kit.secret" if asked.secret else "kit.text")
    return terminal.text(text, check=check, note=note, default=value, hidden=asked.secret)


def _ask_several(
    text: str,
    choices: Sequence[Choice],
    context: WizardContext,
    *,
    chosen: Sequence[str],
    allow_none: bool = False,
) -> str:
    """Let the user mark any of the choices; return their values, or that of the way back."""
    language = context.messages.language
    options = [
        Option(value, title.to(language), note.to(language)) for value, title, note in choices
    ]
    options.append(context.make_back_option())
    return context.terminal.select_several(text, options, chosen=chosen, allow_none=allow_none)


def _make_kit_check(asked: AskedQuestion, state: WizardState, context: WizardContext) -> InputCheck:
    kit, language = state.catalog.starter_kit, context.messages.language

    def check(text: str) -> str | None:
        if text == BACK_VALUE or kit is None or kit.questions is None:
            return None
        if not text and asked.default is None:
            return context.messages("wizard.empty")
        fault = kit.questions.find_fault(asked.name, text, state.answers)
        return escape_controls(fault.to(language)) if fault else None

    return check


def _make_fault_check(
    find_fault: Callable[[str], Text | None], context: WizardContext
) -> InputCheck:
    def check(text: str) -> str | None:
        fault = find_fault(text) if text and text != BACK_VALUE else None
        return escape_controls(fault.to(context.messages.language)) if fault else None

    return check


def try_choice(
    question: Question, value: str, *, state: WizardState, services: Services
) -> Plan | IncompatibleError | None:
    """Return the plan with an answer, or why it cannot be combined with the other answers."""
    if question.key not in ("gpu", "family", "model", "method"):
        return None
    answers = {**state.answers, **question.parse(value, state)}
    if "model" not in answers and (family := state.catalog.families.get(value)):
        smallest = min(family.sizes, key=lambda size: size.parameters)
        answers["model"] = EMBEDDED if smallest.embedded else smallest.hub_id
    return services.try_plan(replace(state, answers=answers))


def _ask_choice(
    question: Question,
    state: WizardState,
    context: WizardContext,
    *,
    previous: str | None,
    offer_back: bool,
) -> str:
    messages, default = context.messages, _get_default(question, state)
    options = [
        _make_option(question, choice, state, context) for choice in question.list_choices(state)
    ]
    options.sort(key=lambda option: bool(option.refusal))  # what fits comes first
    marked = previous or (default.value if default else None)
    if marked not in [option.value for option in options]:
        marked = OTHER_VALUE if marked else None
    # a family that nothing tells is chosen, not taken by Enter alone
    marks_first = question.key != "family" or default is not None
    options += _make_extra_options(question, state, context)
    if offer_back:
        options.append(context.make_back_option())
    text = format_question(question, state, messages)
    value = context.terminal.select(text, options, default=marked, marks_first=marks_first)
    if value == UNSURE_VALUE and default:
        return default.value
    if value == OTHER_VALUE:
        typed = previous or "" if marked == OTHER_VALUE else ""
        text = messages(f"questions.{question.key}.type")
        value = context.terminal.text(text, check=_make_nonempty_check(context), default=typed)
        if value == BACK_VALUE:
            return _ask_choice(question, state, context, previous=previous, offer_back=offer_back)
    return value


def _make_extra_options(
    question: Question, state: WizardState, context: WizardContext
) -> list[Option]:
    """Make the entries below the choices, which stay whatever is typed."""
    other_file = question.key == "task" and state.detected_tasks is not None
    has_default = _get_default(question, state) is not None
    extras = (
        (UNSURE_VALUE, "wizard.unsure", has_default and question.allow_unsure),
        (OTHER_VALUE, f"questions.{question.key}.other", question.takes_other(state)),
        (OTHER_METHOD_VALUE, "questions.method.other", _can_change_method(question, state)),
        (OTHER_FILE_VALUE, "columns.other_file", other_file),
    )
    method = state.catalog.methods[str(state.answers.get("method", DEFAULT_METHOD))]
    title = method.title.to(context.messages.language)
    return [
        Option(
            value,
            context.messages(key, method=title),
            fixed=True,
            takes_text=value == OTHER_VALUE,
        )
        for value, key, offered in extras
        if offered
    ]


def _can_change_method(question: Question, state: WizardState) -> bool:
    """Return whether another training method may change what fits among the choices."""
    deciding = ("gpu",) if "model" in state.answers else ("family", "model")
    return (
        question.key in deciding and "method" not in state.locked and len(list_methods(state)) > 1
    )


def _make_option(
    question: Question, choice: Choice, state: WizardState, context: WizardContext
) -> Option:
    """Make the entry of a choice, with why it does not fit or why it is suggested."""
    messages, services = context.messages, context.services
    language, title = messages.language, choice.title.to(messages.language)
    plan = try_choice(question, choice.value, state=state, services=services)
    if isinstance(plan, IncompatibleError):
        note = messages("wizard.does_not_fit", brief=plan.brief.to(language))
        return Option(choice.value, title, note, refusal=partial(_explain_error, plan, language))
    default = _get_default(question, state)
    listed = question.key == "task" and state.detected_tasks is not None  # why not is said above
    notes = [] if listed else [choice.note.to(language).rstrip(".。")]
    if default and choice.value == default.value:
        notes = [messages("wizard.suggested", why=default.why.to(language))]
    if plan and plan.estimate.memory_gb and question.key in ("model", "method"):
        memory = format_memory(plan.estimate, messages)
        notes.append(messages("wizard.training_memory", memory=memory))
    return Option(choice.value, title, messages.join_clauses(filter(None, notes)))


def _explain_error(error: IncompatibleError, language: Language) -> str:
    return "\n".join(text for text in drop_option_names(error).to(language) if text)


def drop_option_names(error: NewftError) -> NewftError:
    """Return an error whose hint names values without their options: a conversation has none."""
    message, hint = error.texts
    shorter = Text(*(_OPTION_NAMES.sub("", text) for text in hint))
    return type(error)(message, where=error.where, hint=shorter)


def _print_detected_tasks(state: WizardState, context: WizardContext) -> None:
    """Print that the files fit no task or several; for no task, what their columns hold."""
    key = "detected.several" if state.detected_tasks else "detected.none"
    files = context.messages.join(get_data_files(state.answers))
    context.say("\n" + context.messages(key, files=files))
    if not state.detected_tasks:
        print_column_previews(state, context)
    for line in list_findings(state.detection):
        context.say("  " + line.to(context.messages.language))
    if state.no_task and "--" not in state.no_task.hint.en:  # options are what is asked next
        hint = state.no_task.hint.to(context.messages.language)
        context.say(context.messages("error.hint") + hint)


def _make_name_check(context: WizardContext) -> InputCheck:
    def check(text: str) -> str | None:
        try:
            if text != BACK_VALUE:
                context.services.validate_name(text)
        except UsageError as error:
            message, _ = error.to(context.messages.language)
            return message
        return None

    return check


def _make_nonempty_check(context: WizardContext) -> InputCheck:
    return lambda text: None if text else context.messages("wizard.empty")


def _get_default(question: Question, state: WizardState) -> Reasoned[str] | None:
    """Return the default, or None if the question has none."""
    try:
        return question.get_default(state)
    except UsageError:
        return None


def _clean_path(text: str) -> str:
    """Return a path as a shell would read it, without quotes and with the home folder for `~`."""
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        text = text[1:-1]
    with suppress(RuntimeError):  # an unknown home folder is an error of who reads the file
        return str(Path(text).expanduser()) if text else text
    return text
