"""Render the tree of a project: equal answers and facts give equal bytes."""

from __future__ import annotations

import re
import shutil
import tempfile
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING, Any, NamedTuple

from newft.answers.conditions import flatten_answers
from newft.data_errors import make_file_changed_error, translate_record_errors
from newft.emitted.file_access import hash_file, open_regular_file, wrap_file_errors
from newft.errors import RenderError
from newft.os_errors import describe_os_error
from newft.project.layer_files import PACKAGE_PLACEHOLDER, PARTIAL_PREFIX, LayerFile
from newft.project.plan_document import build_plan_document
from newft.project.rendered_policy import refuse_broken_policy
from newft.project.serialize import PlainValue, build_template_data
from newft.project.snapshot import write_metadata
from newft.project.template_layers import (
    choose_files,
    digest_layers,
    list_emitted_modules,
    list_owners,
    stack_layers,
)
from newft.project.used_messages import MESSAGES_FILE, keep_used_messages
from newft.schema.answers import Answers
from newft.schema.dataset import Facts, FileFacts
from newft.schema.kit_check import KitFiles
from newft.schema.plan import Plan
from newft.schema.starter_kit import Overlay
from newft.system.resource_limits import LimitExceededError, limit_resources
from newft.text import Text

if TYPE_CHECKING:
    from jinja2 import Environment
    from jinja2.bccache import Bucket

TEMPLATE_SECONDS = 3.0  # of processor time; the largest of newft takes a hundredth of a second
MAX_BITS = 256  # of a factor in a template
TEMPLATES_IN_ERRORS = "templates"  # the folder in which errors place a template
# by name and content, as one command may render several projects: compiling takes longer
_COMPILED: dict[tuple[str, str], CodeType] = {}


def render_project(
    plan: Plan, answers: Answers, facts: Facts, into: Path, *, kit_archive: bytes = b""
) -> None:
    """Write the project to `into`: templates, the user's small data files, and `.newft/`."""
    templates = render_tree(plan, answers, into).digest
    recorded = drop_secrets(plan, answers)
    with _explain_full_disk():
        for file in facts.data.files:
            _copy_data_file(
                file,
                into,
                source=Path(
                    plan.kit.get_sample(plan.task, facts.data.language)
                    if facts.data.sample
                    else file.path
                ),
            )
        write_metadata(
            into, answers=recorded, facts=facts, templates=templates, kit_archive=kit_archive
        )
        if recorded != answers:  # only the files of the project itself may hold a secret
            render_tree(plan, answers, into, with_secrets=True)


def drop_secrets(plan: Plan, answers: Answers) -> Answers:
    """Return the answers without those that are never recorded."""
    secrets = {name for one in plan.overlays if one.template for name in one.template.secret_names}
    kept = {name: value for name, value in answers.kit.answers.items() if name not in secrets}
    if len(kept) == len(answers.kit.answers):
        return answers
    return replace(answers, kit=replace(answers.kit, answers=kept))


class RenderedTemplates(NamedTuple):
    """What is known of a rendered tree beside its files."""

    digest: str  # of the templates
    given_files: tuple[str, ...]  # that belong to a project once it has them


def render_tree(
    plan: Plan, answers: Answers, into: Path, *, with_secrets: bool = False
) -> RenderedTemplates:
    """Write the rendered templates alone to `into`."""
    layers, modules = stack_layers(plan), list_emitted_modules(plan)
    with _explain_full_disk(), tempfile.TemporaryDirectory(prefix="newft-") as scratch:
        overlays = Path(scratch).resolve()
        rendered = _render_overlays(plan, answers, overlays, with_secrets=with_secrets)
        files = choose_files(stack_layers(rendered), plan.package, own=modules)
        data = build_template_data(plan, answers)
        data["document"] = build_plan_document(plan)
        _render_templates(files, into, data=data)
        layer_of = {file.target: file.layer for file in files}
        if layer_of.get(f"src/{plan.package}/{MESSAGES_FILE}", "").startswith("language/"):
            keep_used_messages(into / "src" / plan.package)
        refuse_broken_policy(plan, into, layer_of)
    owned = {(one.name, path) for one in rendered.overlays for path in one.given_files}
    given_files = tuple(file.target for file in files if (file.layer, file.target) in owned)
    return RenderedTemplates(digest_layers(layers, modules), given_files)


def list_kit_files(plan: Plan, answers: Answers, owner: str) -> KitFiles:
    """Return the files that a project has from a kit, such as `kit bank`, or from its `domain`."""
    modules = list_emitted_modules(plan)
    with _explain_full_disk(), tempfile.TemporaryDirectory(prefix="newft-") as scratch:
        rendered = _render_overlays(plan, answers, Path(scratch).resolve(), with_secrets=False)
        layers = stack_layers(rendered)
        chosen = choose_files(layers, plan.package, own=modules)
        owners = list_owners(layers, plan.package, modules)
    files = [file for file in chosen if not (file.is_template and file.path[0] == PARTIAL_PREFIX)]

    def is_own(layer: str) -> bool:
        return re.split("[:/]", layer)[0] == owner

    kept = sorted(file.target for file in files if is_own(file.layer))
    is_new = {path: all(map(is_own, owners[path])) for path in kept}
    generic = {path: path.replace(f"/{plan.package}/", f"/{PACKAGE_PLACEHOLDER}/") for path in kept}
    return KitFiles(
        tuple(generic[path] for path in kept if is_new[path]),
        tuple(generic[path] for path in kept if not is_new[path]),
    )


def _render_overlays(plan: Plan, answers: Answers, into: Path, *, with_secrets: bool) -> Plan:
    """Let the copier templates of a plan render their files, each into a folder of its own."""
    overlays: list[Overlay] = []
    for overlay in plan.overlays:
        if overlay.template:
            folder = str(into / str(len(overlays)))
            given = flatten_answers(answers)
            owned = overlay.template.render(given, folder, with_secrets=with_secrets)
            overlay = overlay._replace(folder=folder, given_files=owned)
        overlays.append(overlay)
    return replace(plan, overlays=tuple(overlays))


@contextmanager
def _explain_full_disk() -> Iterator[None]:
    """Turn an error of the system in the block into a RenderError that names the folder."""
    try:
        yield
    except OSError as error:
        reason = describe_os_error(error)
        message = Text(
            f"the project cannot be rendered here: {reason.en}",
            f"无法在这里生成项目：{reason.zh}",
        )
        hint = Text(
            "free some space there, or set TMPDIR to another folder",
            "请清理空间，或用 TMPDIR 指定其他文件夹",
        )
        raise RenderError(message, where=tempfile.gettempdir(), hint=hint) from error


def _render_templates(
    files: Sequence[LayerFile], into: Path, *, data: Mapping[str, PlainValue]
) -> None:
    """Render the templates and copy all other files, in bounded time and memory."""
    templates = {file.path: file for file in files if file.is_template}
    environment = _make_environment(templates)
    for file in sorted(files, key=lambda file: file.target):
        if file.is_template and file.path.startswith(PARTIAL_PREFIX):
            continue
        file.write(into, file.target)
        if file.is_template:
            try:
                with limit_resources(TEMPLATE_SECONDS):
                    text = environment.get_template(file.path).render(data)
            except Exception as error:  # a template can raise any exception
                place = _locate_template_error(error, templates)
                if isinstance(error, LimitExceededError):
                    place = f"{file.layer}: {file.path}"
                raise RenderError(_describe_template_error(error), where=place) from error
            (into / file.target).write_text(text, encoding="utf-8", newline="")


def _make_environment(templates: Mapping[str, LayerFile]) -> Environment:
    """Make the sandbox of the templates; only this function uses Jinja.

    The templates of a kit come from others. They get plain data, reach no file but one another,
    and compute no numbers so large that no limit of time could interrupt it.
    """
    import jinja2
    from jinja2.exceptions import SecurityError
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Sandbox(ImmutableSandboxedEnvironment):
        intercepted_binops = frozenset({"*", "**"})

        def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
            """Multiply numbers of moderate size."""
            numbers = [one for one in (left, right) if isinstance(one, int)]
            if operator == "**" or any(one.bit_length() > MAX_BITS for one in numbers):
                raise SecurityError("the number is too large")
            return super().call_binop(context, operator, left, right)

    class CompiledTemplates(jinja2.BytecodeCache):
        def load_bytecode(self, bucket: Bucket) -> None:
            bucket.code = _COMPILED.get((bucket.key, bucket.checksum))

        def dump_bytecode(self, bucket: Bucket) -> None:
            if bucket.code:
                _COMPILED[bucket.key, bucket.checksum] = bucket.code

    def read_template(name: str) -> tuple[str, str, None]:
        if name not in templates:
            raise jinja2.TemplateNotFound(name, f"no layer has the template `{name}`")
        return templates[name].content.decode("utf-8"), f"{TEMPLATES_IN_ERRORS}/{name}", None

    environment = Sandbox(
        loader=jinja2.FunctionLoader(read_template),
        bytecode_cache=CompiledTemplates(),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    del environment.globals["lipsum"], environment.filters["random"]  # equal plans, equal bytes
    return environment


def _describe_template_error(error: Exception) -> Text:
    if isinstance(error, LimitExceededError):
        return Text("the template needs too much time or memory", "模板占用的时间或内存过多")
    said = str(error) or type(error).__name__
    return Text(f"the template failed: {said}", f"模板出错：“{said}”")


def _locate_template_error(error: Exception, templates: Mapping[str, LayerFile]) -> str:
    """Return the layer, file and line of a template error."""
    frames = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    named = getattr(error, "filename", None) or "", getattr(error, "lineno", None)
    for path, line in (named, *reversed(frames)):
        name = path.removeprefix(f"{TEMPLATES_IN_ERRORS}/")
        if name != path and name in templates:
            return f"{templates[name].layer}: {name}:{line}"
    return TEMPLATES_IN_ERRORS


def _copy_data_file(file: FileFacts, into: Path, *, source: Path) -> None:
    """Copy a data file into the project; large ones are only referred to, by absolute path."""
    if Path(file.project_path).is_absolute():
        return
    target = into / file.project_path
    target.parent.mkdir(parents=True, exist_ok=True)
    with translate_record_errors(), wrap_file_errors(source):
        open_regular_file(source).close()  # refuses a pipe or a device
        content = source.open("rb")  # a packed file is copied as it is
    with content, target.open("wb") as copy:
        shutil.copyfileobj(content, copy)
    if hash_file(target) != file.sha256:
        raise make_file_changed_error(source)
