"""Copier templates as kits: their questions and their files, by copier's own rules."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from newft.errors import CatalogError, RenderError, UsageError
from newft.kits.copier_template import CopierTemplate
from support.copier_templates import (
    NEWFT_ANSWERS,
    TEMPLATES,
    load_template,
    make_answers,
    render,
    write_template,
)
from support.locate_kit import locate_kit


@pytest.fixture(scope="module")
def service() -> CopierTemplate:
    return load_template(TEMPLATES / "python_service")


def test_questions_come_from_all_documents_and_included_files(service: CopierTemplate) -> None:
    assert service.names == (
        "project_name",
        "package_name",
        "team",
        "port",
        "docker",
        "base_image",
        "image_name",
        "support_mail",
    )
    asked = [name for name in service.names if service.describe(name, NEWFT_ANSWERS)]
    assert asked == ["team", "port", "docker", "base_image", "support_mail"]


def test_defaults_follow_earlier_answers(service: CopierTemplate) -> None:
    mail = service.describe("support_mail", make_answers(team="cards"))
    assert mail is not None and mail.default == "cards@bank.example"
    assert service.describe("base_image", make_answers(docker="no")) is None


def test_the_first_line_of_the_help_is_the_title(service: CopierTemplate) -> None:
    port = service.describe("port", NEWFT_ANSWERS)
    assert port is not None
    assert (port.title.en, port.help.en) == (
        "Port of the service",
        "Ports below 1024 need root.",
    )


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("team", "cards", None),
        ("team", "sales", "`sales` is not one of: payments, lending, cards"),
        ("port", "9000", None),
        ("port", "80", "`80` is refused: the port must lie between 1024 and 65535"),
        ("port", "many", "`many` is not a whole number"),
        ("docker", "no", None),
        ("docker", "False", None),
        ("docker", "maybe", "`maybe` is neither yes nor no"),
        ("docker", "", "`` is neither yes nor no"),
    ],
)
def test_answers_are_judged_by_copier(
    service: CopierTemplate, name: str, value: str, fault: str | None
) -> None:
    found = service.find_fault(name, value, NEWFT_ANSWERS)
    assert (found.en if found else None) == fault


def test_a_service_is_rendered_with_conditional_names(
    service: CopierTemplate, tmp_path: Path
) -> None:
    answers = make_answers(team="cards", port="9000")
    files = render(service, tmp_path / "full", team="cards", port="9000")
    assert [*files] == [
        ".copier-answers.yml",
        "Dockerfile",
        "OWNERS.md",
        "scripts/health.sh",
        "scripts/logo.png",
        "scripts/start.bat",
        "service/acme_support_api.py",
    ]
    assert service.list_next_steps(answers) == (
        "Register Acme Support in the service catalogue.",
        ("git init",),
    )
    assert b"Owned by cards; incidents to cards@bank.example." in files["OWNERS.md"]
    assert b'name="cards/acme-support"' in files["Dockerfile"]
    assert "Dockerfile" not in render(service, tmp_path / "plain", docker="no")


def test_bytes_line_ends_and_modes_are_kept(service: CopierTemplate, tmp_path: Path) -> None:
    files = render(service, tmp_path / "out")
    source = TEMPLATES / "python_service/template/scripts"
    assert files["scripts/start.bat"] == b"@echo off\r\nrem Acme Support\r\nset PORT=8080\r\n"
    assert files["scripts/logo.png"] == (source / "logo.png").read_bytes()
    assert files["scripts/health.sh"] == (source / "health.sh").read_bytes()
    assert os.access(tmp_path / "out/scripts/health.sh", os.X_OK)


def test_the_answers_file_of_copier_names_the_real_source(
    service: CopierTemplate, tmp_path: Path
) -> None:
    files = render(service, tmp_path / "out")
    recorded = yaml.safe_load(files[".copier-answers.yml"])
    assert recorded["_commit"] == "v1.2.0"
    assert recorded["_src_path"] == "https://git.example/template.git"
    assert recorded["team"] == "lending"
    assert "image_name" not in recorded
    assert files == render(service, tmp_path / "again")


def test_tasks_that_apply_are_listed_as_commands() -> None:
    form = load_template(TEMPLATES / "release_form")
    assert form.list_next_steps(make_answers()) == ("", ())
    production = make_answers(environment="production")
    assert form.list_next_steps(production) == ("", ("./register.sh production",))


def test_migrations_of_the_versions_between_are_listed(tmp_path: Path) -> None:
    config = """\
_migrations:
  - {version: v1.0, command: one}
  - {version: v1.1, before: [two, [two, b]], after: [three]}
  - {version: v1.3, command: four}
  - five
"""
    template = write_template(tmp_path / "kit", config)  # of version 1.2.0
    assert template.list_migrations("v1.0.0") == ("v1.1: two", "v1.1: two b", "v1.1: three", "five")
    assert len(template.list_migrations("main")) == 6


def test_names_in_loops_and_exclusions_with_answers(tmp_path: Path) -> None:
    template = load_template(TEMPLATES / "docs_ci")
    assert set(render(template, tmp_path / "github")) == {
        ".github/workflows/docs.yml",
        "docs/decisions.md",
        "docs/index.md",
        "docs/install.md",
        "docs/operate.md",
    }
    files = render(template, tmp_path / "gitlab", ci="gitlab", chapters="[start]")
    assert set(files) == {
        ".gitlab-ci.yml",
        "docs/decisions.md",
        "docs/index.md",
        "docs/start.md",
    }
    assert b"works on customer_service, task intent" in files["docs/index.md"]
    assert b'PYTHON: ["3.11", "3.12"]' in files[".gitlab-ci.yml"]


def test_every_type_of_question(tmp_path: Path) -> None:
    template = load_template(TEMPLATES / "release_form")
    answers = {
        "environment": "production",
        "regions": ("us", "eu"),
        "threshold": "0.7",
        "limits": '{"requests": 5}',
        "reviewers": "[ann, bob]",
        "notes": "one\ntwo",
        "ticket": "CHG-1",
        "token": "s3cret",
    }
    files = render(template, tmp_path / "full", **answers)
    assert yaml.safe_load(files["release/release.yml"]) == {
        "environment": "production",
        "model_card": "docs/model-card.md",
        "regions": ["eu", "us"],  # in the order of the choices
        "region_count": 2,
        "threshold": 0.7,
        "requests": 5,
        "reviewers": ["ann", "bob"],
        "ticket": "CHG-1",
        "notes": "one\ntwo",
    }
    assert files["release/registry.env"] == b"REGISTRY_TOKEN=s3cret\n"


def test_secrets_can_be_left_out_of_the_files(tmp_path: Path) -> None:
    template = load_template(TEMPLATES / "release_form")
    answers = make_answers(ticket="CHG-1", token="s3cret")
    template.render(answers, str(tmp_path / "out"), with_secrets=False)
    assert (tmp_path / "out/release/registry.env").read_bytes() == b"REGISTRY_TOKEN=\n"
    token = template.describe("token", answers)
    assert token is not None and token.secret and token.default == ""


def test_answers_of_every_type_are_texts_that_read_back() -> None:
    template = load_template(TEMPLATES / "release_form")
    answers = make_answers()
    for name in template.names:
        question = template.describe(name, answers)
        if question and question.default is not None:
            assert template.find_fault(name, question.default, answers) is None, name
    limits = template.describe("limits", answers)
    assert limits is not None and json.loads(str(limits.default)) == {"requests": 1000}
    regions = template.describe("regions", answers)
    assert regions is not None and regions.multiple and regions.default == ("eu",)


def test_choices_depend_on_their_validators() -> None:
    template = load_template(TEMPLATES / "release_form")
    for card, choices in (("card.md", ["test", "production"]), ("", ["test"])):
        environment = template.describe("environment", make_answers(model_card=card))
        assert environment is not None
        assert [value for value, _ in environment.choices] == choices


def test_all_missing_and_wrong_answers_are_named_at_once(tmp_path: Path) -> None:
    template = load_template(TEMPLATES / "release_form")
    with pytest.raises(UsageError) as caught:
        render(template, tmp_path / "project", threshold="2", regions="mars")
    assert caught.value.message.splitlines() == [
        "kit.answers.regions: `mars` is not one of: eu, ap, us",
        "kit.answers.threshold: `2` is refused: must lie between 0 and 1",
        "kit.answers.ticket: is not answered",
    ]
    assert caught.value.hint == "pass each as --set kit.answers.NAME=VALUE"
    assert [*tmp_path.rglob("*")] == [tmp_path / "project"]


def test_templates_of_old_copiers_are_rendered(tmp_path: Path) -> None:
    template = load_template(TEMPLATES / "legacy")
    assert template.names == ("company", "site", "deploy", "retries", "password")
    password = template.describe("password", NEWFT_ANSWERS)
    assert password is not None and password.secret
    files = render(template, tmp_path / "one", company="ACME")
    assert set(files) == {"deploy/main.cfg", "deploy/picture.bin"}
    assert b"owner = ACME\nretries = 3\npassword = changeme" in files["deploy/main.cfg"]
    assert "deploy/no-deploy.txt" in render(template, tmp_path / "two", deploy="no")


def test_a_project_name_that_the_template_refuses_is_asked_for(tmp_path: Path) -> None:
    validator = "{% if ' ' in project_name %}no spaces{% endif %}"
    template = write_template(
        tmp_path / "kit", f'project_name: {{type: str, validator: "{validator}"}}\n'
    )
    assert template.describe("project_name", NEWFT_ANSWERS) is not None
    assert template.describe("project_name", {**NEWFT_ANSWERS, "name": "acme"}) is None
    given = {**NEWFT_ANSWERS, "name": "acme", "kit.answers.project_name": "other"}
    assert template.describe("project_name", given) is not None
    assert template.describe("project_name", {**given, "name": "other"}) is None


def test_a_question_hides_an_answer_of_newft_of_the_same_name(tmp_path: Path) -> None:
    template = write_template(
        tmp_path / "kit",
        'before: "{{ domain }}"\ndomain: {type: str, default: acme.example}\n',
        {"out.txt.jinja": "{{ before }} {{ domain }}"},
    )
    files = render(template, tmp_path / "out")
    assert files["out.txt"] == b"customer_service acme.example"


def test_the_clock_may_answer_a_question_but_not_fill_a_file(tmp_path: Path) -> None:
    template = write_template(
        tmp_path / "kit",
        "year: \"{{ '%Y' | strftime }}\"\n",
        {"a.txt.jinja": "{{ year }}", "b.txt.jinja": "{{ '%Y' | strftime }}"},
    )
    year = template.describe("year", NEWFT_ANSWERS)
    assert year is not None and str(year.default).isdigit()
    with pytest.raises(RenderError, match="`strftime` gives another result each time") as caught:
        render(template, tmp_path / "out", year="2024")
    assert caught.value.where == str(tmp_path / "kit/b.txt.jinja:1")
    (tmp_path / "kit/b.txt.jinja").unlink()
    assert render(template, tmp_path / "new", year="2024") == {"a.txt": b"2024"}


def test_cookiecutter_templates_are_named_as_convertible(tmp_path: Path) -> None:
    folder = tmp_path / "kit"
    folder.mkdir()
    (folder / "cookiecutter.json").write_text("{}", encoding="utf-8")
    with pytest.raises(CatalogError, match="cookiecutter template") as caught:
        locate_kit(str(folder), scratch=tmp_path / "scratch")
    assert caught.value.hint is not None and "convert it to a copier template" in caught.value.hint


def test_a_template_for_a_newer_copier_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="requires Copier version >= 99"):
        write_template(tmp_path, '_min_copier_version: "99"\n')


def test_the_settings_of_a_user_of_copier_do_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tmp_path / "settings.yml"
    settings.write_text("defaults: {company: Other}\n", encoding="utf-8")
    monkeypatch.setenv("COPIER_SETTINGS_PATH", str(settings))
    files = render(load_template(TEMPLATES / "legacy"), tmp_path / "out")
    assert b"owner = Example Bank" in files["deploy/main.cfg"]


def test_newft_does_not_import_copier_without_such_a_kit() -> None:
    code = "import sys, newft.cli, newft.commands.new; sys.exit('copier' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
