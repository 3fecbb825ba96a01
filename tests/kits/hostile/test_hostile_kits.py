"""Kits whose kit.yaml, layers or templates attack: nothing outside is read, written or run."""

from __future__ import annotations

from pathlib import Path

import pytest

from newft.answers.keys import RawAnswers
from newft.errors import NewftError, RenderError
from newft.kits.locate import KitLocator
from newft.kits.open_kit import open_kit
from newft.schema.starter_kit import KitPin, LocatedKit
from newft.wizard.default_answers import fill_defaults
from newft.wizard.project_plan import plan_project, render_planned_project
from newft.wizard.services import build_services
from newft.wizard.state import WizardState
from support.generate_project import catalog
from support.git_repository import GitRepository
from support.kit_folders import write_kit

pytestmark = pytest.mark.slow

PLAIN = "title: {en: Kit, zh: 套件}\nextends: customer_service\n"
GIVEN: RawAnswers = {"gpu": "cpu", "language": "en", "task": "intent"}


def generate(kit: Path, into: Path) -> None:
    """Render a project with the kit of a folder."""
    with open_kit({**GIVEN, "kit.source": str(kit)}, catalog()) as opened:
        services = build_services(opened.catalog, machine=None)
        end = fill_defaults(WizardState(opened.catalog, opened.answers), services)
        render_planned_project(plan_project(end), end, into)


def refuse(kit: Path, tmp_path: Path) -> NewftError:
    """The error for a kit, in both languages; it names the kit where the user has it."""
    with pytest.raises(NewftError) as caught:
        generate(kit, tmp_path / "project")
    error = caught.value
    for language in ("en", "zh"):
        assert error.to(language)[0]
        assert "/newft-" not in f"{error.where} {error.to(language)}"
    return error


def test_the_kit_of_these_tests_is_otherwise_accepted(tmp_path: Path) -> None:
    kit = write_kit(tmp_path / "kit", PLAIN, **{"overlay/project/NOTE.md.jinja": "{{ 6 * 7 }}\n"})
    generate(kit, tmp_path / "project")
    assert (tmp_path / "project/NOTE.md").read_text() == "42\n"
    assert (tmp_path / "project/.newft/kit.tar").is_file()


LAUGHS = "a: &a [x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "manifest",
    [
        LAUGHS,
        "title: !!python/object/apply:os.system [touch ran]\n",
        "title: !!python/name:os.system\n",
        "title: !include /etc/passwd\n",
        "title: " + "[" * 5000,
        "{" * 5000,
        "x" * (1 << 21),
        "title: {en: a, zh: b}\ntitle: {en: a, zh: b}\n",
        "title: {en: a, zh: b}\nextends: [a]\n",
        "- title\n",
        "",
        "\x00",
        "title: {en: a, zh: b}\nlayers: [{folder: ../../secret}]\n",
        "title: {en: a, zh: b}\nlayers: [{folder: /etc}]\n",
        "title: {en: a, zh: b}\nreplaces: [../../secret]\nfolder: /etc\n",
        "title: {en: a, zh: b}\nlocked: {model: {value: [1, 2], why: 3}}\n",
    ],
)
def test_a_hostile_manifest_is_refused_with_its_place(manifest: str, tmp_path: Path) -> None:
    kit = write_kit(tmp_path / "kit", manifest)
    error = refuse(kit, tmp_path)
    assert str(error.where).startswith(f"{kit}/kit.yaml")
    assert len(error.message.splitlines()) <= 41
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "extends",
    [
        "ext::sh -c touch% ran",
        "--upload-pack=touch ran",
        "https://git.example/x.git@--upload-pack=x",
        "ssh://-oProxyCommand=touch%20ran/x",
        "http://git.example/x.git",
        "../../../../../../etc",
        "/etc",
        "./kit",
    ],
)
def test_what_a_kit_extends_is_read_as_a_source(extends: str, tmp_path: Path) -> None:
    kit = write_kit(tmp_path / "kit", f"title: {{en: a, zh: b}}\nextends: '{extends}'\n")
    refuse(kit, tmp_path)
    assert not list(tmp_path.rglob("ran"))


def test_kits_that_extend_each_other_in_a_circle_are_refused(tmp_path: Path) -> None:
    for one, other in (("a", "b"), ("b", "c"), ("c", "a")):
        write_kit(tmp_path / one, f"title: {{en: {one}, zh: {one}}}\nextends: ../{other}\n")
    assert "in a circle" in refuse(tmp_path / "a", tmp_path).message
    repository = GitRepository(tmp_path / "self")
    repository.commit({"kit.yaml": f"title: {{en: a, zh: b}}\nextends: {repository.url}\n"})
    with (
        pytest.raises(NewftError, match="in a circle"),
        open_kit({"kit.source": repository.url}, catalog()),
    ):
        pass


def test_a_kit_from_elsewhere_extends_no_folder_of_this_machine(tmp_path: Path) -> None:
    write_kit(tmp_path / "mine", PLAIN)
    repository = GitRepository(tmp_path / "remote")
    repository.commit({"kit.yaml": f"title: {{en: a, zh: b}}\nextends: {tmp_path / 'mine'}\n"})
    # a repository on this machine may: whoever has put it there can read the folder
    with open_kit({"kit.source": repository.url}, catalog()) as opened:
        assert opened.catalog.starter_kit
    parent = LocatedKit("x", KitPin("https://git.example/a.git", None, "1" * 40, "2" * 40))
    with pytest.raises(NewftError, match="extends the folder"):
        KitLocator(tmp_path / "scratch")(str(tmp_path / "mine"), parent=parent)
    with pytest.raises(NewftError, match="extends the folder"):
        KitLocator(tmp_path / "scratch")((tmp_path / "remote").as_uri(), parent=parent)


@pytest.mark.parametrize(
    "path",
    [
        ".Git/config",
        "git~1/config",
        ".newft/answers.yml",
        ".NEWFT/kit.tar",
        ".gitmodules",
        "src/con.py",
        "a:b",
        "data/raw/tickets.csv",
        "makefile",
        "ReadMe.md.jinja",
        "CONFIG/run.yaml",
        "pyproject.toml/x",
    ],
)
def test_an_overlay_writes_no_records_hooks_or_data_and_hides_no_file(
    path: str, tmp_path: Path
) -> None:
    kit = write_kit(tmp_path / "kit", PLAIN, **{f"overlay/project/{path}": "x\n"})
    refuse(kit, tmp_path)


def test_the_git_folder_of_an_overlay_is_no_part_of_the_kit(tmp_path: Path) -> None:
    hook = {"overlay/project/.git/hooks/post-checkout": "#!/bin/sh\n"}
    kit = write_kit(tmp_path / "kit", PLAIN, **hook)
    generate(kit, tmp_path / "project")
    assert not (tmp_path / "project/.git").exists()


@pytest.mark.parametrize(
    "template",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ cycler.__init__.__globals__.os.system('touch ran') }}",
        "{{ self.__init__.__globals__ }}",
        "{{ lipsum.__globals__['os'].popen('touch ran').read() }}",
        "{{ joiner.__init__.__globals__ }}",
        "{{ namespace.__init__.__globals__ }}",
        "{{ range.__init__ }}",
        "{{ answers.update({'x': 1}) }}",
        "{{ answers.clear() }}",
        "{{ '{0.__class__.__init__.__globals__}'.format(answers) }}",
        "{{ '{x.__class__}'.format_map({'x': answers}) }}",
        "{{ ('%s' | attr('format'))(1) }}{{ answers | attr('__class__') | attr('mro') }}",
        "{{ ['{0.__class__}'] | map('format', answers) | list }}{{ undefined_name }}",
        "{% include '/etc/passwd' %}",
        "{% include '../../../../etc/passwd' %}",
        "{% import '../../kit.yaml' as kit %}",
        "{% extends '/etc/passwd' %}",
        "{% for a in range(10 ** 9) %}x{% endfor %}",
        "{% for a in range(999999999) %}x{% endfor %}",
        "{{ 10 ** 10 ** 10 }}",
        "{{ 'x' * 10000000000 }}",
        "{% set n = namespace(x=3) %}{% for a in range(99) %}{% set n.x = n.x * n.x %}{% endfor %}",
        "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}",
        "{{ '%1000000000000d' % 1 }}",
        "{{ 'x' | center(10000000000) }}",
        "{{ lipsum(n=1000000000) }}",
        "{% if %}",
        "{{",
    ],
)
def test_a_template_cannot_leave_its_sandbox_or_exhaust_the_machine(
    template: str, tmp_path: Path
) -> None:
    kit = write_kit(tmp_path / "kit", PLAIN, **{"overlay/project/NOTE.md.jinja": template})
    error = refuse(kit, tmp_path)
    assert isinstance(error, RenderError)
    assert "overlay/project" in str(error.where)
    assert not list(tmp_path.rglob("ran"))


@pytest.mark.slow
def test_a_template_that_never_ends_is_stopped(tmp_path: Path) -> None:
    loops = "{% for a in range(99999) %}" * 3 + "{% endfor %}" * 3
    kit = write_kit(tmp_path / "kit", PLAIN, **{"overlay/project/NOTE.md.jinja": loops})
    assert "too much time" in refuse(kit, tmp_path).message
