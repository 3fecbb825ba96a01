"""A conversation about a project of a kit: what it locks is not asked, and what it asks is."""

from __future__ import annotations

from pathlib import Path

import pytest

from newft.answers.command_line import format_command
from newft.answers.keys import RawAnswers
from newft.answers.parse import parse_set
from newft.decide.kit.kit_rules import apply_kit
from newft.errors import IncompatibleError, UsageError
from newft.kits.resolve import resolve_kit
from newft.wizard.default_answers import fill_defaults
from newft.wizard.services import build_services
from newft.wizard.state import WizardState
from support.conversation import MACHINE, Conversation, answers
from support.generate_project import catalog
from support.kit_folders import locate_folder, write_kit

pytestmark = pytest.mark.slow

MANIFEST = """\
    title: Bank kit
    extends: credit_risk
    presets: {gpu: cpu}
    locked:
      language: {value: en, why: all reports are English}
    policy: {licenses: [apache-2.0]}
    questions:
      team:
        title: Which team
        pattern: "[A-Z]+-[0-9]+"
        pattern_message: a code such as RISK-7
      secret: {title: Is it secret, type: yes_no, default: no}
      ticket:
        title: Number of the approval
        type: integer
        when: {kit.answers.secret: yes}
      uses:
        title: What is it for
        type: choices
        choices: {credit: Credit, fraud: Fraud, audit: Audit}
        default: [credit]
    """


@pytest.fixture
def conversation(tmp_path: Path) -> Conversation:
    folder = write_kit(tmp_path / "bank", MANIFEST)
    resolved = resolve_kit(str(folder), catalog(), locate_folder)
    return Conversation(catalog=resolved, services=build_services(resolved, MACHINE))


def hold(
    conversation: Conversation, *story: list[tuple[str, str]], dumb: bool = False, **known: str
) -> RawAnswers:
    kit = conversation.catalog.starter_kit
    assert kit
    given = {key.replace(".", "_"): value for key, value in apply_kit(known, kit).items()}
    return conversation.hold(*story, dumb=dumb, **given)


@pytest.mark.parametrize("dumb", [False, True])
def test_the_questions_of_a_kit_come_last_and_its_answers_are_not_asked(
    conversation: Conversation, dumb: bool
) -> None:
    given = hold(conversation, answers(team="RISK-7"), dumb=dumb)
    asked = ["data", "task", "family", "model", "name", "team", "secret", "uses", "review"]
    assert conversation.asked == asked
    assert (given["domain"], given["language"], given["gpu"]) == ("credit_risk", "en", "cpu")
    assert given["kit.answers.team"] == "RISK-7"
    assert given["kit.answers.secret"] == "no"
    assert given["kit.answers.uses"] == ("credit",)
    assert "kit.answers.ticket" not in given


def test_a_question_is_asked_where_its_condition_holds(conversation: Conversation) -> None:
    given = hold(conversation, answers(team="RISK-7", secret="yes", ticket="42"))
    assert given["kit.answers.ticket"] == "42"


def test_several_values_are_chosen_in_one_list(conversation: Conversation) -> None:
    story = answers(team="RISK-7", uses="fraud")
    assert hold(conversation, story)["kit.answers.uses"] == ("fraud",)


def test_an_answer_is_changed_in_the_review(conversation: Conversation) -> None:
    story = [
        *answers(team="RISK-7", secret="yes", ticket="42"),
        *answers(review="change", change="kit.answers.secret", secret="no"),
    ]
    given = hold(conversation, story)
    assert given["kit.answers.secret"] == "no"
    assert "kit.answers.ticket" not in given


def test_a_model_that_the_policy_refuses_is_not_offered(conversation: Conversation) -> None:
    hold(conversation, answers(family="qwen3", team="RISK-7"), dumb=True)
    families, models = (shown for shown in conversation.questions_shown if "Which model" in shown)
    assert "Qwen3-8B" in models
    assert "Qwen3" in families
    assert "LLaMA" not in families


def test_a_bad_text_is_asked_again(conversation: Conversation) -> None:
    story = [("team", "risk"), ("team", "RISK-7")]
    given = hold(conversation, story, dumb=True)
    assert given["kit.answers.team"] == "RISK-7"
    assert "`risk` does not match: a code such as RISK-7" in conversation.shown


def test_the_command_gives_the_answers_of_the_kit_again(conversation: Conversation) -> None:
    given = hold(conversation, answers(team="RISK-7"))
    words = format_command({**given, "kit.source": "bank", "kit.revision": "v1"}, "desk")
    assert "--kit bank@v1" in words
    assert "--set kit.answers.team=RISK-7" in words
    assert parse_set('kit.answers.uses=["credit"]') == ("kit.answers.uses", ("credit",))


def fill(conversation: Conversation, **given: str) -> WizardState:
    kit = conversation.catalog.starter_kit
    assert kit
    known = {key.replace("__", "."): value for key, value in given.items()}
    start = WizardState(conversation.catalog, apply_kit(known, kit), machine=MACHINE)
    return fill_defaults(start, conversation.services)


def test_all_missing_answers_are_listed_at_once(conversation: Conversation) -> None:
    with pytest.raises(UsageError) as caught:
        fill(conversation, kit__answers__secret="yes")
    assert caught.value.where == "kit.answers.team, kit.answers.ticket"
    assert caught.value.hint == "--set kit.answers.team=VALUE --set kit.answers.ticket=VALUE"


def test_all_wrong_answers_are_listed_at_once(conversation: Conversation) -> None:
    with pytest.raises(UsageError) as caught:
        fill(
            conversation,
            kit__answers__team="risk",
            kit__answers__uses="gambling",
            kit__answers__unit="x",
        )
    assert caught.value.message.splitlines() == [
        "3 answers are not valid",
        "kit.answers.team: `risk` does not match: a code such as RISK-7",
        "kit.answers.uses: `gambling` is not one of: credit, fraud, audit",
        "kit.answers.unit: the kit `Bank kit` does not ask for `unit`, "
        "only for: team, secret, ticket, uses",
    ]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"language": "zh"},
            "the kit `Bank kit` locks `language` to `en`, not `zh`: all reports are English",
        ),
        ({"domain": "legal"}, "the kit `Bank kit` locks `domain` to `credit_risk`, not `legal`"),
    ],
)
def test_what_contradicts_the_kit_is_refused_by_its_name(
    conversation: Conversation, given: dict[str, str], message: str
) -> None:
    with pytest.raises(IncompatibleError) as caught:
        fill(conversation, kit__answers__team="R-1", **given)
    assert message in caught.value.message


def test_a_model_of_unknown_licence_is_no_plan(conversation: Conversation, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    model = tmp_path.as_posix()
    state = fill(conversation, family="qwen3", model=model, kit__answers__team="R-1")
    refused = conversation.services.try_plan(state)
    assert isinstance(refused, IncompatibleError)
    assert refused.message == (
        "the policy of the kit `Bank kit` does not allow a model of which newft does not know the "
        "licence, only apache-2.0"
    )


def test_a_question_that_no_longer_applies_is_not_offered_again(tmp_path: Path) -> None:
    manifest = """\
        title: Desk
        extends: customer_service
        questions:
          font: {title: Which font, default: Song, when: {language: zh}}
        """
    folder = write_kit(tmp_path / "desk", manifest)
    resolved = resolve_kit(str(folder), catalog(), locate_folder)
    conversation = Conversation(catalog=resolved, services=build_services(resolved, MACHINE))
    # the language is given, so that the question about the font comes before it is asked
    story = [("font", "Kai"), ("review", "change"), ("change", "language"), ("language", "en")]
    story += [("review", "change"), ("change", "<"), ("review", "write")]
    given = hold(conversation, story, language="zh")
    assert given["language"] == "en"
    assert "kit.answers.font" not in given
