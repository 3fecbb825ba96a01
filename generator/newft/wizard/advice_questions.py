"""The questions of `newft advise`, which need neither a model nor a name of a project.

First comes what `newft new` asks about data, task and hardware, then facts about the team and
figures of the cash flow. What task, data or hardware tell is not asked.
"""

from __future__ import annotations

from collections.abc import Callable

from newft.answers.keys import ADVICE_PREFIX, UNKNOWN_VALUE
from newft.decide.advice.factor_values import find_known_factors, read_factor_values
from newft.errors import UsageError
from newft.schema.advice import AdviceRules, Factor
from newft.schema.catalog import Catalog
from newft.schema.reasoned import Reasoned, as_citation
from newft.schema.starter_kit import AskedQuestion
from newft.text import Text
from newft.wizard.question import Question
from newft.wizard.questions import QUESTIONS
from newft.wizard.state import WizardState

PROJECT_QUESTIONS = ("data", "task", "positive", "gpu")  # of `newft new`
YES_NO = (("yes", Text("yes", "是")), ("no", Text("no", "否")))
UNKNOWN_CHOICE = (UNKNOWN_VALUE, Text("I don't know", "不知道"))
_NO_VALUE = Reasoned(UNKNOWN_VALUE, Text("not known", "不知道"), as_citation("newft"))


def list_advice_questions(catalog: Catalog) -> tuple[Question, ...]:
    """Return the questions in their order."""
    asked = [question for question in QUESTIONS if question.key in PROJECT_QUESTIONS]
    return (
        *asked,
        *(_make_factor_question(name, catalog.advice) for name in catalog.advice.factors),
    )


def _make_factor_question(name: str, rules: AdviceRules) -> Question:
    factor = rules.factors[name]
    asked = _describe(f"{ADVICE_PREFIX}{name}", factor.question, factor.help, _list_choices(factor))

    def describe(state: WizardState) -> AskedQuestion | None:
        known = find_known_factors(rules, task=state.task, data=state.data, hardware=state.hardware)
        return None if name in known else asked

    def check(text: str) -> None:
        read_factor_values({name: text}, rules)

    return _make_question(asked, describe, None if asked.choices else check)


def _list_choices(factor: Factor) -> tuple[tuple[str, Text], ...]:
    """List the choices of a factor with that of not knowing; none for a number."""
    if factor.type == "yes_no":
        return (*YES_NO, UNKNOWN_CHOICE)
    return (*factor.choices.items(), UNKNOWN_CHOICE) if factor.choices else ()


def _describe(
    key: str, title: Text, help_text: Text | None, choices: tuple[tuple[str, Text], ...]
) -> AskedQuestion:
    return AskedQuestion(
        name=key,
        title=title,
        help=help_text or Text("", ""),
        choices=choices,
        multiple=False,
        secret=False,
        default=UNKNOWN_VALUE if choices else "",
    )


def _make_question(
    asked: AskedQuestion,
    describe: Callable[[WizardState], AskedQuestion | None],
    check: Callable[[str], None] | None,
) -> Question:
    """Make a question for a choice, or for a text that passes the check; an empty one is unknown.

    Without a terminal, nothing is known of it.
    """

    def find_fault(text: str) -> Text | None:
        assert check
        try:
            check(text)
        except UsageError as error:
            return Text(error.to("en")[0], error.to("zh")[0])
        return None

    return Question(
        asked.name,
        "text",
        lambda _: _NO_VALUE,
        lambda value, _: {asked.name: value or UNKNOWN_VALUE},
        applies=lambda state: describe(state) is not None,
        describe=describe,
        find_fault=find_fault if check else None,
    )
