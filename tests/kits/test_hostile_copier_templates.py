"""Copier templates that attack: nothing is run, read or written outside, and every one is named."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newft.errors import NewftError
from support.copier_templates import make_answers, render, write_template
from support.files import read_contents

pytestmark = pytest.mark.slow

ESCAPE = "{{ ''.__class__.__mro__[1].__subclasses__() }}"
BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{lower}'] * 10)}]\n"
    for lower, name in zip("abcdefgh", "bcdefghi", strict=True)
)

# The copier.yml of each template, and what the error says.
REFUSED_CONFIGS = {
    "a Jinja extension of Python": (
        "_jinja_extensions: [evil.Extension]\n",
        "`_jinja_extensions` loads Python code",
    ),
    "an extension among the options of Jinja": (
        "_envops: {extensions: [evil.Extension]}\n",
        "`_envops` must not set `extensions`",
    ),
    "a finalizer": ("_envops: {finalize: os.system}\n", "`_envops` must not set `finalize`"),
    "another class for undefined": (
        "_envops: {undefined: os.system}\n",
        "`_envops` undefined",
    ),
    "external data": (
        "_external_data: {passwords: /etc/passwd}\n",
        "`_external_data` reads files outside the template",
    ),
    "an absolute include": ("!include /etc/hostname\n", "relative path"),
    "an include above": ("!include ../outside.yml\n", "outside|inside the template"),
    "an include of no pattern": ("!include a**\n", "pattern"),
    "an include of itself": ("---\n!include copier.yml\n", "recursion"),
    "a YAML tag of Python": (
        "a: !!python/object/apply:os.system [id]\n",
        "the tag tag:yaml.org,2002:python/object/apply:os.system is not supported",
    ),
    "aliases that multiply": (BOMB, "more than 50,000 values"),
    "an alias within itself": ("a: &a [*a]\n", "more than 50,000 values"),
    "values nested deeply": ("a: " + "[" * 5000 + "]" * 5000, "20 levels"),
    "a large file": ("# " + "x" * (1 << 20), "more than 1,048,576 bytes"),
    "YAML that is none": ("a: [\n", "invalid YAML"),
    "a file that is no text": ("a: \x00\n", "cannot be read|invalid YAML|not allowed"),
    "a list of questions": ("- a\n- b\n", "failed"),
    "a name that is a path": ("../../a: x\n", "is no name for a question"),
    "a name that is a number": ("1: x\n", "is no name for a question"),
    "a question with keys of copier": ("a: {type: str, jinja_env: x}\n", "jinja_env"),
    "a type that is none": ("a: {type: code, default: x}\n", "Unsupported type"),
    "tasks without commands": ("_tasks: [{when: true}]\n", "`_tasks` must be a list of commands"),
    "exclusions that are no list": ("_exclude: '*'\n", "`_exclude` must be a list"),
    "a secret without a default": ("a: {type: str, secret: true}\n", "requires a default"),
    "an escape in a default": (f'a: "{ESCAPE}"\n', "unsafe"),
    "the environment in a default": (
        "a: \"{{ '$HOME' | expandvars }}\"\n",
        "depends on the machine",
    ),
    "files in a default": ("a: \"{{ '/etc/*' | fileglob }}\"\n", "depends on the machine"),
    "a power": ('a: {type: str, default: "{{ 9 ** 9 ** 9 }}"}\n', "power is too large"),
    "much memory": ("a: \"{{ 'x' * 10 ** 12 }}\"\n", "too much time or memory"),
}

# The copier.yml, the files, and what the error says when the files are rendered.
REFUSED_FILES: Mapping[str, tuple[str, Mapping[str, str], str]] = {
    "a folder above": ("_subdirectory: ..\n", {}, "outside|forbidden"),
    "an absolute folder": ("_subdirectory: /etc\n", {}, "outside|forbidden"),
    "a folder above by an answer": (
        "up: ../..\n_subdirectory: '{{ up }}'\n",
        {},
        "outside|forbidden",
    ),
    "a folder that is not there": ("_subdirectory: missing\n", {}, "No such file"),
    "a name above": ("", {"{{ pathjoin('..', '..', 'up') }}.txt": "x"}, "outside|forbidden"),
    "an absolute name": ("root: /tmp/\n", {"{{ root }}up.txt": "x"}, "outside|forbidden"),
    "a name above by an answer": (
        "up: ..\n",
        {"{{ up }}/{{ up }}/up.txt": "x"},
        "outside|forbidden",
    ),
    "hooks of git": (
        "_exclude: []\n",
        {"{{ '.git' }}/hooks/pre-commit": "x"},
        "name that git itself uses",
    ),
    "hooks of git, spelt otherwise": ("", {"{{ '.GIT' }}/config": "x"}, "git itself uses"),
    "the records of newft": ("", {"{{ '.newft' }}/answers.yml": "x"}, "newft itself uses"),
    "a device of Windows": ("", {"{{ 'NUL' }}.txt": "x"}, "device on Windows"),
    "an answers file above": (
        "_answers_file: ../up.yml\n",
        {"{{ _copier_conf.answers_file }}.jinja": "x"},
        "outside|forbidden|leaves its folder",
    ),
    "two files of one name": ("", {"a{{ '' }}.txt": "1", "a.txt": "2"}, "two files"),
    "an escape": ("", {"a.txt.jinja": ESCAPE}, "unsafe"),
    "an escape by a format": (
        "",
        {"a.txt.jinja": "{{ '{0.__class__.__init__.__globals__}'.format(namespace) }}"},
        "unsafe|not safely|no attribute",
    ),
    "an include above": ("", {"a.txt.jinja": "{% include '../outside.txt' %}"}, "outside.txt"),
    "an absolute include": ("", {"a.txt.jinja": "{% include '/etc/hostname' %}"}, "etc/hostname"),
    "the folder of the user": ("", {"a.txt.jinja": "{{ '~' | expanduser }}"}, "machine"),
    "chance": ("", {"a.txt.jinja": "{{ 9 | ans_random }}"}, "another result each time"),
    "bad syntax": ("", {"a.txt.jinja": "\n{% if %}"}, "Expected an expression"),
    "bytes that are no text": ("", {"a.txt.jinja": "\udcff"}, "codec"),
    "a name that is too long": ("", {"{{ 'x' * 300 }}": "x"}, "name too long"),
    "many files": (
        "",
        {"{% yield n from range(90000) %}{{ n }}{% endyield %}.txt": ""},
        "more than 4,000 files",
    ),
    "much memory": ("", {"a.txt.jinja": "{{ 'x' * 10 ** 12 }}"}, "too much time or memory"),
}


@pytest.fixture
def around(tmp_path: Path) -> Path:
    """A folder with what a template may be after, around the template and its target."""
    (tmp_path / "outside.txt").write_text("outside", encoding="utf-8")
    (tmp_path / "outside.yml").write_text("stolen: outside\n", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("name", REFUSED_CONFIGS)
def test_a_hostile_config_is_refused(around: Path, name: str) -> None:
    config, message = REFUSED_CONFIGS[name]
    with pytest.raises(NewftError) as caught:
        write_template(around / "kit", config)
    assert _mentions(caught.value, message), caught.value.message
    assert caught.value.where and "copier.yml" in caught.value.where


@pytest.mark.parametrize("name", REFUSED_FILES)
def test_hostile_files_are_refused(around: Path, name: str) -> None:
    config, files, message = REFUSED_FILES[name]
    template = write_template(
        around / "kit",
        config,
        {path: content.encode("utf-8", "surrogateescape") for path, content in files.items()},
    )
    before = read_contents(around)
    with pytest.raises(NewftError) as caught:
        render(template, around / "target/project")
    assert _mentions(caught.value, message), caught.value.message
    outside = {
        path: content
        for path, content in read_contents(around).items()
        if not path.startswith("target/project/")
    }
    assert outside == before


def _mentions(error: NewftError, messages: str) -> bool:
    return any(message.casefold() in error.message.casefold() for message in messages.split("|"))


def test_tasks_and_migrations_run_nothing(around: Path) -> None:
    mark = around / "ran"
    template = write_template(
        around / "kit",
        f"""\
_tasks: ["touch {mark}", [touch, "{mark}"], {{command: "touch {mark}", when: "true"}}]
_migrations: ["touch {mark}", {{version: v0, before: ["touch {mark}"]}}]
_message_before_copy: "{{{{ 9 ** 9 }}}}"
""",
        {"a.txt": "x"},
    )
    assert render(template, around / "target") == {"a.txt": b"x"}
    assert not mark.exists()
    assert len(template.list_next_steps(make_answers()).commands) == 3
    assert not mark.exists()


def test_answers_are_data(around: Path) -> None:
    template = write_template(
        around / "kit",
        "team: {type: str, default: ''}\nquote: '{{ team }}'\n",
        {"{{ quote | length }}.txt.jinja": "{{ team }} {{ quote }}"},
    )
    files = render(template, around / "target", team="{{ 7 * 7 }}")
    assert files == {"11.txt": b"{{ 7 * 7 }} {{ 7 * 7 }}"}


@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
@settings(max_examples=40)
def test_any_answer_stays_a_text(text: str) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        template = write_template(
            Path(scratch) / "kit",
            "a: {type: str, default: ''}\nb: '{{ a }}'\nc: {type: json, default: null}\n",
            {"a.txt.jinja": "{{ a }}", "b.txt.jinja": "{{ b }}", "c.txt.jinja": "{{ c }}"},
        )
        files = render(template, Path(scratch) / "out", a=text, c=json.dumps(text))
        assert {*files.values()} == {text.encode()}


def test_texts_of_questions_cannot_control_the_terminal(around: Path) -> None:
    template = write_template(
        around / "kit", 'a: {type: str, help: "one\\e[2J\\u202etwo", default: x}\n'
    )
    question = template.describe("a", make_answers())
    assert question is not None
    assert question.title.en == "one\\x1b[2J\\u202etwo"
    failing = write_template(
        around / "failing", "", {"a.jinja": "{{ b | mandatory('one\x1b[2J\u202etwo') }}"}
    )
    with pytest.raises(NewftError) as caught:
        render(failing, around / "target")
    assert caught.value.message.endswith("one\\x1b[2J\\u202etwo")


def test_endless_loops_are_stopped(around: Path) -> None:
    loop = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
    with pytest.raises(NewftError, match="too much time or memory"):
        write_template(around / "kit", f'a: "{loop}"\n')


def test_much_output_is_stopped(around: Path) -> None:
    files = {f"{number}.bin.jinja": "{{ 'x' * 60000000 }}" for number in range(3)}
    template = write_template(around / "kit", "", files)
    with pytest.raises(NewftError, match="100 MiB"):
        render(template, around / "target")
