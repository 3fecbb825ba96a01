"""Render the tree of a project: equal answers and facts give equal bytes."""

from __future__ import annotations

import shutil
import tempfile
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from newft.data_errors import make_file_changed_error, translate_record_errors
from newft.emitted.file_access import hash_file, open_regular_file, wrap_file_errors
from newft.errors import RenderError
from newft.os_errors import describe_os_error
from newft.project.serialize import PlainValue, build_template_data
from newft.project.snapshot import write_metadata
from newft.project.template_layers import (
    PARTIAL_PREFIX,
    LayerFile,
    choose_files,
    digest_layers,
    list_emitted_modules,
    stack_layers,
)
from newft.schema.answers import Answers
from newft.schema.dataset import Facts, FileFacts
from newft.schema.plan import Plan
from newft.text import Text


def render_project(plan: Plan, answers: Answers, facts: Facts, into: Path) -> None:
    """Write the project to `into`: templates, the user's small data files, and `.newft/`."""
    templates = render_tree(plan, answers, into)
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
        write_metadata(into, answers=answers, facts=facts, templates=templates)


def render_tree(plan: Plan, answers: Answers, into: Path) -> str:
    """Write the rendered templates alone to `into`; return the digest of these templates."""
    layers, modules = stack_layers(plan), list_emitted_modules(plan)
    with _explain_full_disk(), tempfile.TemporaryDirectory(prefix="newft-") as scratch:
        templates = Path(scratch).resolve()
        files = choose_files(layers, plan.package, own=modules)
        for file in files:
            if file.is_template:
                file.write(templates, file.path)
        _render_templates(files, templates, into, data=build_template_data(plan, answers))
    return digest_layers(layers, modules)


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
    files: Sequence[LayerFile], templates: Path, into: Path, *, data: Mapping[str, PlainValue]
) -> None:
    """Render the templates and copy all other files; only this function uses Jinja."""
    import jinja2
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(
        loader=jinja2.FileSystemLoader(templates),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    layer_of = {file.path: file.layer for file in files if file.is_template}
    for file in sorted(files, key=lambda file: file.target):
        if file.is_template and file.path.startswith(PARTIAL_PREFIX):
            continue
        file.write(into, file.target)
        if file.is_template:
            try:
                text = environment.get_template(file.path).render(data)
            except Exception as error:  # a template can raise any exception
                place = _locate_template_error(error, templates, layer_of)
                raise RenderError(_describe_template_error(error), where=place) from error
            (into / file.target).write_text(text, encoding="utf-8", newline="")


def _describe_template_error(error: Exception) -> Text:
    said = str(error) or type(error).__name__
    return Text(f"the template failed: {said}", f"模板出错：“{said}”")


def _locate_template_error(error: Exception, templates: Path, layer_of: Mapping[str, str]) -> str:
    """Return the layer, file and line of a template error."""
    frames = [
        (Path(frame.filename), frame.lineno) for frame in traceback.extract_tb(error.__traceback__)
    ]
    named = Path(getattr(error, "filename", None) or ""), getattr(error, "lineno", None)
    for path, line in (named, *reversed(frames)):
        if path.is_relative_to(templates):
            name = path.relative_to(templates).as_posix()
            return f"{layer_of[name]}: {name}:{line}"
    return "templates"


def _copy_data_file(file: FileFacts, into: Path, *, source: Path) -> None:
    """Copy a data file into the project; large ones are only referred to, by absolute path."""
    if Path(file.project_path).is_absolute():
        return
    target = into / file.project_path
    target.parent.mkdir(parents=True, exist_ok=True)
    with translate_record_errors(), wrap_file_errors(source):
        content = open_regular_file(source)
    with content, target.open("wb") as copy:
        shutil.copyfileobj(content, copy)
    if hash_file(target) != file.sha256:
        raise make_file_changed_error(source)
