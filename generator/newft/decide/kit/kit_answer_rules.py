"""Answers to the questions of a kit: which are open, which are wrong, which are not asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from newft.answers.keys import KIT_ANSWERS_PREFIX, get_kit_answers
from newft.errors import UsageError
from newft.schema.starter_kit import AnswerTexts, AskedQuestion, StarterKit
from newft.text import Text, find_nearest_names, join_texts, to_bilingual_text

_LINE_END = to_bilingual_text("\n")


def normalize_kit_answers(answers: AnswerTexts, kit: StarterKit | None) -> AnswerTexts:
    """Return the answers with a list for each question of a kit that takes several values.

    Raises:
        UsageError: If an answer is to no question of the kit, or is no valid answer; all of them
            are listed.
    """
    given = get_kit_answers(answers)
    questions = kit.questions if kit else None
    names = questions.names if questions else ()
    normalized, faults, options = dict(answers), [], []
    for name, value in given.items():
        key = f"{KIT_ANSWERS_PREFIX}{name}"
        if questions is None or name not in names:
            faults.append((key, _explain_unknown_question(name, names, kit)))
        elif question := questions.describe(name, answers):
            if question.multiple and isinstance(value, str):
                normalized[key] = value = (value,)
            if fault := questions.find_fault(name, value, answers):
                faults.append((key, fault))
                options.append(show_option(question))
    if faults:
        raise _make_faults_error(faults, options)
    return normalized


def _make_faults_error(faults: Sequence[tuple[str, Text]], options: Sequence[str]) -> UsageError:
    """Make one error for all faults; each of several is on a line that begins with its key."""
    hint = to_bilingual_text(" ".join(options)) if options else None
    if len(faults) == 1:
        return UsageError(faults[0][1], where=faults[0][0], hint=hint)
    lines = (Text(f"{key}: {text.en}", f"{key}：{text.zh}") for key, text in faults)
    count = len(faults)
    title = Text(f"{count} answers are not valid", f"{count} 个答案无效")
    return UsageError(join_texts([title, *lines], _LINE_END), hint=hint)


def _explain_unknown_question(name: str, names: tuple[str, ...], kit: StarterKit | None) -> Text:
    if kit is None:
        return Text(
            "there is no kit that asks this: give it as --kit",
            "没有提出此问题的套件：请用 --kit 指定",
        )
    hint = Text(f", only for: {', '.join(names)}", f"，它的问题有：{'、'.join(names)}")
    if near := find_nearest_names(name, names):
        hint = Text(f"; did you mean `{near[0]}`?", f"，是否想写 `{near[0]}`？")
    return Text(
        f"the kit `{kit.title.en}` does not ask for `{name}`{hint.en if names else ''}",
        f"套件 `{kit.title.zh}` 没有问题 `{name}`{hint.zh if names else ''}",
    )


def list_open_questions(answers: AnswerTexts, kit: StarterKit | None) -> Iterator[AskedQuestion]:
    """Yield the questions of a kit that apply and have no answer yet."""
    questions = kit.questions if kit else None
    for name in questions.names if questions else ():
        if f"{KIT_ANSWERS_PREFIX}{name}" not in answers:
            question = questions.describe(name, answers) if questions else None
            if question:
                yield question


def drop_unasked_answers(answers: AnswerTexts, kit: StarterKit | None) -> AnswerTexts:
    """Return complete answers without those to questions of a kit that do not apply to them."""
    questions = kit.questions if kit else None
    unasked = {
        f"{KIT_ANSWERS_PREFIX}{name}"
        for name in (questions.names if questions else ())
        if questions and questions.describe(name, answers) is None
    }
    return {key: value for key, value in answers.items() if key not in unasked}


def drop_secret_answers(answers: AnswerTexts, kit: StarterKit | None) -> AnswerTexts:
    """Return the answers without those that are never recorded nor shown."""
    questions = kit.questions if kit else None
    secrets = {
        f"{KIT_ANSWERS_PREFIX}{name}"
        for name in get_kit_answers(answers)
        if questions and (asked := questions.describe(name, answers)) and asked.secret
    }
    return {key: value for key, value in answers.items() if key not in secrets}


def make_missing_answers_error(missing: Sequence[AskedQuestion], kit: StarterKit) -> UsageError:
    """Make the error for questions of a kit that have no default and no answer."""
    names = ", ".join(f"{KIT_ANSWERS_PREFIX}{one.name}" for one in missing)
    options = " ".join(map(show_option, missing))
    titles = join_texts((one.title for one in missing), Text(", ", "、"))
    return UsageError(
        Text(
            f"the kit `{kit.title.en}` asks what has no default: {titles.en}",
            f"套件 `{kit.title.zh}` 的问题没有默认值：{titles.zh}",
        ),
        where=names,
        hint=to_bilingual_text(options),
    )


def show_option(question: AskedQuestion) -> str:
    """Return the option that answers a question, with the values that it takes."""
    values = "|".join(value for value, _ in question.choices) or "VALUE"
    return f"--set {KIT_ANSWERS_PREFIX}{question.name}={values}"
