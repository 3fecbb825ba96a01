"""Run copier on a template: evaluate its questions, and render its files.

Only this module knows copier. Copier evaluates a template in its sandbox; this module gives it
plain texts alone, and keeps it from running git, tasks and extensions and from reading the settings
of the user. Equal answers give equal files: what depends on the clock, on chance or on the machine
is refused, except for the clock and chance in the default of a question, as answers are recorded.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from functools import cached_property, wraps
from pathlib import Path
from typing import Any, NamedTuple

from copier._jinja_ext import SandboxedEnvironment, get_yield_context
from copier._main import Worker
from copier._settings import SettingsModel
from copier._tools import cast_to_bool
from copier._types import MISSING
from copier._user_data import AnswersMap, Question, parse_yaml_list

from newft.answers.keys import KIT_ANSWERS_PREFIX, AnswerValue, RawAnswers, get_kit_answers
from newft.emitted.normalize import escape_controls
from newft.errors import NewftError, RenderError, UsageError
from newft.kits.copier_answers import (
    ANSWERED_NAMES,
    YES_NO,
    build_context,
    build_record,
    build_settings,
    describe_failure,
    describe_wrong_type,
    escape_lines,
    format_value,
    is_truth_value,
    join_values,
    list_texts,
    list_values,
    split_help,
)
from newft.kits.kit_files import MAX_FILES
from newft.schema.starter_kit import AskedQuestion, KitPin, NextSteps
from newft.system.safe_paths import find_path_faults
from newft.text import Text, join_texts, to_bilingual_text

MAX_BYTES = 100 << 20  # of all files together
# What a kit.yaml beside copier.yml brings with it, which is no part of the template.
KIT_PATTERNS = ("/kit.yaml", "/overlay", "/sample", "/tests/*.yml")
_CHANCE_FILTERS = ("ans_random", "random", "random_mac", "shuffle", "strftime")
_MACHINE_FILTERS = ("expanduser", "expandvars", "fileglob", "realpath", "relpath")
_NO_PIN = KitPin(source="", revision=None, commit=None, tree="")


class EvaluatedQuestion(NamedTuple):
    """A question of copier with the answers before it, and how the user is asked, if at all."""

    question: Question
    asked: AskedQuestion | None

    @property
    def is_secret(self) -> bool:
        """Whether the answer is never recorded."""
        return bool(self.question.secret)

    def find_fault(self, value: AnswerValue) -> Text | None:
        """Return why a value is no answer to the question; None if it is."""
        return _parse_value(self.question, value)[1]


Evaluation = dict[str, EvaluatedQuestion]


class _LimitedEnvironment(SandboxedEnvironment):
    """The environment of copier without large powers, which no limit of time interrupts."""

    intercepted_binops = frozenset({"**"})

    def from_string(self, source: Any, globals: Any = None, template_class: Any = None) -> Any:
        """Compile a text once: the texts of all questions are evaluated after each answer."""
        compiled: dict[Any, Any] = self.__dict__.setdefault("compiled", {})
        if source not in compiled:
            compiled[source] = super().from_string(source, globals, template_class)
        loop = get_yield_context(self)  # which compiling a text resets
        loop.yield_name = loop.yield_iterable = None
        return compiled[source]

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Compute a power of moderate size."""
        if abs(left) > 1e6 or abs(right) > 100:
            raise RenderError(Text("a power is too large", "乘方的结果过大"))
        return super().call_binop(context, operator, left, right)


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
            value, fault = _parse_value(question, given)
            if fault:
                value = default
                faults += [_name_fault(name, fault)] if self.strict else []
        if value is MISSING and self.strict:
            faults.append(_name_fault(name, Text("is not answered", "尚未回答")))
        self._record(name, value)
        asks = given is not None or self._try(question.get_ask, otherwise=True)
        if self.strict or not asks:
            return None
        return _describe_question(question, default)

    def _take_answer_of_newft(self, question: Question) -> bool:
        """Record newft's answer to a question about the same thing, if it is valid there."""
        name, shared = question.var_name, build_context(self.kit_answers)
        if name not in ANSWERED_NAMES or name not in shared:
            return False
        if get_kit_answers(self.kit_answers).get(name, shared[name]) != shared[name]:
            return False
        value, fault = _parse_value(question, shared[name])
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
        environment: SandboxedEnvironment = made_by_copier.func(self)
        environment.__class__ = _LimitedEnvironment
        environment.optimized = False  # or constants would be computed without the guards below
        for name in _CHANCE_FILTERS:
            environment.filters[name] = self._guard(name, environment.filters[name])
        for name in _MACHINE_FILTERS:
            environment.filters[name] = _refuse_use(name)
        environment.globals["lipsum"] = _refuse_use("lipsum")
        return environment

    def _guard(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)  # with the mark by which Jinja passes its context
        def call(*args: Any, **kwargs: Any) -> Any:
            if self.allows_chance:
                return function(*args, **kwargs)
            raise RenderError(
                Text(f"`{name}` gives another result each time", f"`{name}` 每次结果都不同"),
                hint=Text(
                    "make it the default of a question, so that its answer is recorded",
                    "请把它作为某个问题的默认值，答案会被记录下来",
                ),
            )

        return call

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


def _refuse_use(name: str) -> Callable[..., Any]:
    def call(*_: Any, **__: Any) -> Any:
        raise RenderError(
            Text(f"`{name}` depends on the machine", f"`{name}` 取决于运行的机器"),
            hint=Text("make it a question of the template", "请改为模板的一个问题"),
        )

    return call


def _restore_line_ends(source: bytes, target: Path) -> None:
    """Give a file the CRLF line ends of its template, which Jinja makes LF."""
    if b"\r\n" in source and b"\0" not in source:
        rendered = target.read_bytes().replace(b"\r\n", b"\n")
        target.write_bytes(rendered.replace(b"\n", b"\r\n"))


def _parse_value(question: Question, value: AnswerValue) -> tuple[Any, Text | None]:
    """Return the value of an answer, or why it is not valid."""
    try:
        type_name = question.get_type_name()
        given = list_values(value) if question.multiselect else join_values(value, type_name)
        items = parse_yaml_list(given) if isinstance(given, str) and question.multiselect else given
        for item in [items] if isinstance(items, str) else items:
            if fault := _find_item_fault(question, type_name, item):
                return MISSING, fault
        parsed = question.parse_answer(given)
        question.validate_answer(parsed)
    except Exception as error:
        said = describe_failure(error, question.var_name)
        return MISSING, Text(
            f"{(shown := _show_answer(question, value)).en} is refused: {said.en}",
            f"{shown.zh} 不能用：{said.zh}",
        )
    return parsed, None


def _find_item_fault(question: Question, type_name: str, item: str) -> Text | None:
    """Return why one value is not of the type of a question, or not one of its choices.

    Copier takes every text for a truth value; newft takes only those that YAML has for one.
    """
    shown = _show_answer(question, item)
    try:
        if type_name == "bool" and not is_truth_value(item):
            raise ValueError
        value = question.cast_answer(item)
    except (ValueError, TypeError) as error:
        return describe_wrong_type(shown, type_name, error)
    choices = [
        (question.cast_answer(one.value), one.disabled) for one in question._formatted_choices
    ]
    if not choices or any(value == one and not disabled for one, disabled in choices):
        return None
    if reason := next((disabled for one, disabled in choices if value == one), ""):
        raise ValueError(reason)
    listed = ", ".join(format_value(one, type_name) for one, disabled in choices if not disabled)
    return Text(f"{shown.en} is not one of: {listed}", f"{shown.zh} 不在可选范围内：{listed}")


def _show_answer(question: Question, value: AnswerValue) -> Text:
    """Return an answer as messages show it: never a secret."""
    if question.secret:
        return Text("the answer", "该答案")
    text = value if isinstance(value, str) else ", ".join(value)
    return to_bilingual_text(f"`{escape_controls(text)}`")


def _is_settled(question: Question) -> bool:
    """Return whether a question is the same whatever other answers are."""
    texts = [*list_texts([question.type, question.when, question.choices, question.default])]
    lexed = [token for text in texts for token in question.jinja_env.lex(text)]
    return question.var_name not in ANSWERED_NAMES and all(kind == "data" for _, kind, _ in lexed)


def _describe_question(question: Question, default: Any) -> AskedQuestion:
    """Return a question as it stands after the answers so far."""
    type_name = question.get_type_name()
    words = str(question.render_value(question.help))
    title, help_text = split_help(words, question.var_name, str(question.get_placeholder()))
    choices = tuple(
        (
            format_value(question.cast_answer(one.value), type_name),
            to_bilingual_text(str(one.title)),
        )
        for one in question._formatted_choices
        if not one.disabled
    )
    shown: AnswerValue | None = None
    if default is not MISSING:
        values = default if question.multiselect else [default]
        texts = tuple(format_value(value, type_name) for value in values)
        shown = texts if question.multiselect else texts[0]
    return AskedQuestion(
        question.var_name,
        title,
        help_text,
        choices=choices or (YES_NO if type_name == "bool" else ()),
        multiple=question.multiselect,
        secret=question.secret,
        default=shown,
        type=type_name,
        settled=_is_settled(question) and (default is not MISSING or question.default is MISSING),
    )
