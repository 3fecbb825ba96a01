"""The conversation of `newft advise`: it asks what nothing else tells, and knows no shame."""

from __future__ import annotations

from pathlib import Path

import pytest

from newft.answers.keys import RawAnswers, drop_unknown_values
from newft.decide.kit.kit_rules import apply_kit
from newft.errors import IncompatibleError
from newft.kits.resolve import resolve_kit
from newft.wizard.services import build_services
from support.conversation import LEAVE, MACHINE, Conversation, answers
from support.generate_project import catalog
from support.kit_folders import locate_folder, write_kit

pytestmark = pytest.mark.slow

BANK = """\
    title: Bank kit
    extends: credit_risk
    presets: {advice: {team: ml}, roi: {currency: CNY, exchange_rate: 7}}
    locked:
      advice.offline: {value: yes, why: nothing leaves the bank}
    """


@pytest.fixture
def conversation() -> Conversation:
    return Conversation(advise=True)


def get_known(given: RawAnswers) -> dict[str, object]:
    known = drop_unknown_values(given)
    return {key: value for key, value in known.items() if key.startswith(("advice.", "roi."))}


@pytest.mark.parametrize("dumb", [False, True])
def test_every_fact_may_be_unknown(conversation: Conversation, dumb: bool) -> None:
    given = conversation.hold(answers(task="customer_service/intent"), dumb=dumb)
    assert conversation.asked[:3] == ["data", "task", "gpu"]
    assert conversation.asked[-2:] == ["roi.requests_per_month", "review"]
    assert get_known(given) == {}
    assert {"model", "family", "name"}.isdisjoint(given)


def test_what_task_and_hardware_tell_is_not_asked(conversation: Conversation) -> None:
    conversation.hold(answers(task="credit_risk/risk"))
    assert {"advice.task_type", "advice.answer_space", "advice.gpu"}.isdisjoint(conversation.asked)
    assert "advice.labelled_rows" in conversation.asked  # the sample tells nothing of a team


def test_what_was_given_is_not_asked(conversation: Conversation) -> None:
    known = {"advice.offline": "yes", "advice.team": "unknown", "roi.requests_per_month": "9"}
    given = conversation.hold(answers(task="customer_service/intent"), **known)
    assert {*known}.isdisjoint(conversation.asked)
    assert given.items() >= known.items()


@pytest.mark.parametrize("dumb", [False, True])
def test_figures_are_asked_where_the_volume_is_known(
    conversation: Conversation, dumb: bool
) -> None:
    story = [
        *answers(task="credit_risk/risk"),
        ("advice.knowledge_change", "daily"),
        ("roi.requests_per_month", "20000"),
        ("roi.currency", "CNY"),
        ("roi.exchange_rate", "7.2"),
        ("roi.bad_share", "1%/2%/3%"),
    ]
    given = conversation.hold(story, dumb=dumb)
    assert get_known(given) == {
        "advice.knowledge_change": "daily",
        "roi.requests_per_month": "20000",
        "roi.currency": "CNY",
        "roi.exchange_rate": "7.2",
        "roi.bad_share": "1%/2%/3%",
    }


def test_a_figure_that_cannot_be_read_is_asked_again(conversation: Conversation) -> None:
    story = [
        *answers(task="customer_service/intent"),
        ("roi.requests_per_month", "2万"),
        ("roi.requests_per_month", "20000"),
    ]
    given = conversation.hold(story, dumb=True)
    assert given["roi.requests_per_month"] == "20000"
    assert "20000" in conversation.shown


def test_an_answer_is_taken_back_and_changed(conversation: Conversation) -> None:
    story = [
        *answers(task="customer_service/intent"),
        ("advice.knowledge_change", "daily"),
        ("advice.needs_citation", "<"),
        ("advice.knowledge_change", "never"),
        ("review", "change"),
        ("change", "advice.needs_citation"),
        ("advice.needs_citation", "yes"),
    ]
    given = conversation.hold(story)
    assert get_known(given) == {"advice.knowledge_change": "never", "advice.needs_citation": "yes"}


def test_who_leaves_keeps_the_answers(conversation: Conversation) -> None:
    story = [
        *answers(task="customer_service/intent"),
        ("advice.knowledge_change", "daily"),
        ("advice.needs_citation", LEAVE),
    ]
    assert conversation.leave(story)["advice.knowledge_change"] == "daily"


def test_what_a_kit_presets_or_locks_is_not_asked(tmp_path: Path) -> None:
    resolved = resolve_kit(str(write_kit(tmp_path / "bank", BANK)), catalog(), locate_folder)
    kit = resolved.starter_kit
    assert kit
    conversation = Conversation(
        catalog=resolved, services=build_services(resolved, MACHINE), advise=True
    )
    conversation.hold(answers(task="credit_risk/risk"), **apply_kit({}, kit))
    asked = {"advice.team", "advice.offline", "roi.currency", "roi.exchange_rate"}
    assert asked.isdisjoint(conversation.asked)
    with pytest.raises(IncompatibleError, match="nothing leaves the bank"):
        apply_kit({"advice.offline": "no"}, kit)
