"""Run copier on a template: evaluate its questions, and render its files.

Copier evaluates a template in its sandbox; this module gives it plain texts alone, and keeps it
from running git, tasks and extensions and from reading the settings of the user. The clock and
chance are allowed in the default of a question, as answers are recorded.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

from copier._jinja_ext import SandboxedEnvironment
from copier._main import Worker
from copier._settings import SettingsModel
from copier._tools import cast_to_bool
from copier._types import MISSING
from copier._user_data import AnswersMap, Question

from newft.answers.keys import KIT_ANSWERS_PREFIX, RawAnswers, get_kit_answers
from newft.errors import NewftError, RenderError, UsageError
from newft.kits.copier_answers import (
    ANSWERED_NAMES,
    build_context,
    build_record,
    build_settings,
    escape_lines,
)
from newft.kits.copier_questions import EvaluatedQuestion, describe_question, parse_value
from newft.kits.copier_sandbox import guard_environment
from newft.kits.kit_files import MAX_FILES
from newft.schema.starter_kit import AskedQuestion, KitPin, NextSteps
from newft.system.safe_paths import find_path_faults
from newft.text import Text, join_texts, to_bilingual_text

MAX_BYTES = 100 << 20  # of all files together
# What a kit.yaml beside copier.yml brings with it, which is no part of the template.
KIT_PATTERNS = ("/kit.yaml", "/overlay", "/sample", "/tests/*.yml")
_NO_PIN = KitPin(source="", revision=None, commit=None, tree="")


Evaluation = dict[str, EvaluatedQuestion]


class KitWorker(Worker):
    """A run of copier that knows the answers of newft, and nothing of this machine."""

    kit_answers: RawAnswers
    written: dict[str, int]  # the size of every file so far, by path
    pin: KitPin = _NO_PIN
    strict = False  # every question must have a valid answer
    with_secrets = True
    allows_chance = False
    place = ""  # the question or file at hand, for messages

    def evaluate(self) -> Evaluation:
        """Take the answers, or else the defaults, question by question, as copier does."""
        self.answers = AnswersMap()
        evaluation: Evaluation = {}
        faults: list[Text] = []
        for name, details in self.template.questions_data.items():
            self.place = name
            question = Question(
                answers=AnswersMap(),
                context=self._render_context(),
                jinja_env=self.jinja_env,
                settings=SettingsModel(),
                var_name=name,
                **details,
            )
            evaluation[name] = EvaluatedQuestion(question, self._answer(question, faults))
        if faults:
            self.place = ""
            hint = Text(
                f"pass each as --set {KIT_ANSWERS_PREFIX}NAME=VALUE",
                f"请逐个用 --set {KIT_ANSWERS_PREFIX}名称=值 给出",
            )
            raise UsageError(join_texts(faults, to_bilingual_text("\n")), hint=hint)
        return evaluation

    def list_next_steps(self) -> NextSteps:
        """Return the template's message after a copy, and the tasks that apply, as commands."""
        self.place = "_message_after_copy"
        message = self._render_string(self.template.message_after_copy)
        self.place = "_tasks"
        stage = {"_stage": "task", "_copier_operation": "copy"}
        commands = []
        for task in self.template.tasks:
            parts = [task.cmd] if isinstance(task.cmd, str) else list(task.cmd)
            words = [self._render_string(str(part), stage) for part in parts]
            if cast_to_bool(self._render_value(task.condition, stage)):
                commands.append(words[0] if isinstance(task.cmd, str) else shlex.join(words))
        texts = (escape_lines(text) for text in (message, *commands))
        return NextSteps(next(texts), tuple(texts))

    def _answer(self, question: Question, faults: list[Text]) -> AskedQuestion | None:
        """Record the value of a question; return the question if the user is asked for it."""
        name = question.var_name
        if not self._try(question.get_when, otherwise=False):
            self.answers.hide(name)
            self._record(name, self._try(question.get_default, otherwise=MISSING))
            return None
        if self._take_answer_of_newft(question):
            return None
        value = default = self._find_default(question)
        given = get_kit_answers(self.kit_answers).get(name)
        if given is not None and (self.with_secrets or not question.secret):
            value, fault = parse_value(question, given)
            if fault:
                value = default
                faults += [_name_fault(name, fault)] if self.strict else []
        if value is MISSING and self.strict:
            faults.append(_name_fault(name, Text("is not answered", "尚未回答")))
        self._record(name, value)
        asks = given is not None or self._try(question.get_ask, otherwise=True)
        if self.strict or not asks:
            return None
        return describe_question(question, default)

    def _take_answer_of_newft(self, question: Question) -> bool:
        """Record newft's answer to a question about the same thing, if it is valid there."""
        name, shared = question.var_name, build_context(self.kit_answers)
        if name not in ANSWERED_NAMES or name not in shared:
            return False
        if get_kit_answers(self.kit_answers).get(name, shared[name]) != shared[name]:
            return False
        value, fault = parse_value(question, shared[name])
        if fault is None:
            self._record(name, value)
        return fault is None

    def _find_default(self, question: Question) -> Any:
        """Return the default of a question that is asked; MISSING if it has none that is valid."""
        self.allows_chance = not question.secret
        try:
            return question.get_default()
        except Exception as error:
            if _is_fault_of_template(error):
                raise
            return MISSING
        finally:
            self.allows_chance = False

    def _try(self, evaluate: Callable[[], Any], *, otherwise: Any) -> Any:
        """Evaluate a part of a question; before rendering it may need answers not given so far."""
        try:
            return evaluate()
        except Exception as error:
            if self.strict or _is_fault_of_template(error):
                raise
            return otherwise

    def _record(self, name: str, value: Any) -> None:
        if value is not MISSING:
            self.answers.user[name] = value

    # What follows replaces methods of copier.

    def _ask(self) -> None:
        self.evaluate()

    def _render_context(self) -> dict[str, Any]:
        return self._make_context(self.answers_relpath.as_posix())

    def _make_context(self, answers_file: str) -> dict[str, Any]:
        shared = build_context(self.kit_answers)
        return {
            **shared,
            **self.answers.user,
            "_copier_answers": build_record(self._answers_to_remember(), self.pin),
            "_copier_conf": build_settings(self.pin, answers_file),
            "_copier_phase": "render",
            "_copier_python": "python3",
            "_folder_name": shared.get("project_name", ""),
        }

    @property
    def answers_relpath(self) -> Path:
        """The path of copier's answers file, which a template may derive from its answers."""
        name = str(self.template.answers_relpath)
        return Path(self.jinja_env.from_string(name).render(self._make_context("")))

    @cached_property
    def jinja_env(self) -> SandboxedEnvironment:
        """The sandbox of copier without access to the machine."""
        made_by_copier: Any = Worker.__dict__["jinja_env"]
        return guard_environment(made_by_copier.func(self), lambda: self.allows_chance)

    def _render_path(self, relpath: Path) -> Any:
        self.place = relpath.as_posix()
        return super()._render_path(relpath)

    def _render_file(self, src_relpath: Path, dst_relpath: Path, extra_context: Any = None) -> None:
        self.place = src_relpath.as_posix()
        self._check_path(dst_relpath.as_posix())
        super()._render_file(src_relpath, dst_relpath, extra_context)
        source, target = self.template.local_abspath / src_relpath, self.dst_path / dst_relpath
        self.written[dst_relpath.as_posix()] = target.stat().st_size
        if src_relpath.name.endswith(self.template.templates_suffix):
            _restore_line_ends(source.read_bytes(), target)

    def _render_folder(self, dst_relpath: Path) -> None:
        """Leave out empty folders: a project is a tree of files."""

    def _check_path(self, name: str) -> None:
        if len(self.written) >= MAX_FILES or sum(self.written.values()) > MAX_BYTES:
            size = f"{MAX_BYTES >> 20} MiB"
            raise RenderError(
                Text(
                    f"the template gives more than {MAX_FILES:,} files or {size}",
                    f"模板生成的文件超过 {MAX_FILES:,} 个或 {size}",
                )
            )
        for fault in find_path_faults([name]):
            shown = fault.path.encode("unicode_escape").decode("ascii")
            raise RenderError(
                Text(f"the path `{shown}` {fault.reason.en}", f"路径 `{shown}` {fault.reason.zh}")
            )

    def _render_symlink(self, src_relpath: Path, dst_relpath: Path) -> None:
        raise RenderError(
            Text(f"`{dst_relpath}` is a link", f"`{dst_relpath}` 是链接"),
            where=src_relpath.as_posix(),
        )

    def _solve_render_conflict(self, dst_relpath: Path) -> bool:
        raise RenderError(
            Text(
                f"two files of the template render to `{dst_relpath}`",
                f"模板中有两个文件都生成 `{dst_relpath}`",
            )
        )

    def _sync_git_index_executable_bit(self, dst_relpath: Path, src_mode: int) -> None:
        """Do nothing: copier would start git for every file."""


def make_worker(folder: Path, answers: RawAnswers, into: Path = Path()) -> KitWorker:
    """Make a run of copier that trusts nothing and asks nothing."""
    worker = KitWorker(
        src_path=str(folder),
        dst_path=into,
        defaults=True,
        exclude=KIT_PATTERNS if (folder / "kit.yaml").is_file() else (),
        quiet=True,
        settings=SettingsModel(),  # not those of the user, which may trust templates
        skip_tasks=True,
    )
    worker.template.__dict__["vcs"] = None  # the files are here: copier would clone them with git
    worker.kit_answers, worker.written = answers, {}
    return worker


def _is_fault_of_template(error: Exception) -> bool:
    """Return whether an error is there for any answers; copier wraps what depends on them."""
    return isinstance(error, NewftError | MemoryError) or type(error).__module__.startswith(
        "jinja2"
    )


def _name_fault(name: str, fault: Text) -> Text:
    key = f"{KIT_ANSWERS_PREFIX}{name}"
    return Text(f"{key}: {fault.en}", f"{key}：{fault.zh}")


def _restore_line_ends(source: bytes, target: Path) -> None:
    """Give a file the CRLF line ends of its template, which Jinja makes LF."""
    if b"\r\n" in source and b"\0" not in source:
        rendered = target.read_bytes().replace(b"\r\n", b"\n")
        target.write_bytes(rendered.replace(b"\n", b"\r\n"))
