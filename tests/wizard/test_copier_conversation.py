"""A conversation about a project of a copier template: it asks the questions of the template."""

from __future__ import annotations

from pathlib import Path

import pytest

from newft.commands.new import render_and_write
from newft.kits.resolve import resolve_kit
from newft.wizard.project_plan import plan_project
from newft.wizard.services import build_services
from newft.wizard.state import WizardState
from support.conversation import MACHINE, Conversation, answers
from support.generate_project import catalog
from support.kit_folders import locate_folder

pytestmark = pytest.mark.slow

CONFIG = """\
project_name: {type: str, help: Name of the service}
team: {type: str, help: Team, validator: "{% if team == 'x' %}no such team{% endif %}"}
docker: {type: bool, help: Container, default: true}
image: {type: str, help: Base image, default: "python-{{ team }}", when: "{{ docker }}"}
regions: {type: str, help: Regions, multiselect: true, choices: [eu, us], default: [eu]}
token: {type: str, help: Token, secret: true, default: none}
"""


@pytest.fixture
def conversation(tmp_path: Path) -> Conversation:
    folder = tmp_path / "service"
    folder.mkdir()
    (folder / "copier.yml").write_text(CONFIG, encoding="utf-8")
    (folder / "README.md.jinja").write_text("{{ team }}\n", encoding="utf-8")
    resolved = resolve_kit(str(folder), catalog(), locate_folder)
    return Conversation(catalog=resolved, services=build_services(resolved, MACHINE))


@pytest.mark.parametrize("dumb", [False, True])
def test_the_questions_of_a_template_are_asked_after_those_of_newft(
    conversation: Conversation, dumb: bool
) -> None:
    given = conversation.hold(answers(team="risk", token="abc"), dumb=dumb, gpu="cpu")
    assert conversation.asked[-6:] == ["team", "docker", "image", "regions", "token", "review"]
    assert given["kit.answers.image"] == "python-risk"
    assert given["kit.answers.regions"] == ("eu",)
    assert given["kit.answers.token"] == "abc"
    assert "kit.answers.project_name" not in given
    if dumb:
        assert not any("[none]" in question for question in conversation.questions_shown)


def test_a_question_that_no_longer_applies_loses_its_answer(conversation: Conversation) -> None:
    changed = answers(team="risk", review="change", change="kit.answers.docker", docker="no")
    given = conversation.hold(changed, gpu="cpu")
    assert given["kit.answers.docker"] == "no" and "kit.answers.image" not in given


def test_whose_files_win_is_asked_where_both_have_one(
    conversation: Conversation, tmp_path: Path
) -> None:
    def review(state: WizardState) -> None:
        render_and_write(plan_project(state), state, tmp_path / "desk", dry_run=True)

    conversation.review = review
    given = conversation.hold(answers(team="risk", review="prefer_kit"), gpu="cpu")
    assert given["kit.prefer"] == "kit"
    assert "both the template and newft have README.md" in str(conversation.errors[0])
