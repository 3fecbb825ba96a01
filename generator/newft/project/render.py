"""The whole tree of a new project, from its plan: the same bytes for the same answers and facts."""

from __future__ import annotations

import shutil
import tempfile
import traceback
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from newft.data_faults import data_errors, file_changed
from newft.errors import RenderError
from newft.file_access import hash_file, naming_the_file, open_bytes
from newft.model import Answers, Facts, FileFacts, Plan
from newft.process import describe
from newft.project.baseline import write_baseline
from newft.project.layers import PARTIAL, SUFFIX, compose, own_modules, stack
from newft.project.plain import Plain, template_data
from newft.text import Text


def render(plan: Plan, answers: Answers, facts: Facts, into: Path) -> None:
    """Write the project to `into`: templates, the user's small files, and what update needs."""
    try:
        with tempfile.TemporaryDirectory(prefix="newft-") as scratch:
            composed = Path(scratch).resolve()
            layer_of = compose(stack(plan), plan.package, composed, own=own_modules(plan))
            _render_templates(composed, into, data=template_data(plan, answers), layer_of=layer_of)
        for file in facts.data.files:
            _place(
                file, into, source=_sample(plan, facts) if facts.data.sample else Path(file.path)
            )
        write_baseline(into, answers=answers, facts=facts)
    except OSError as error:
        reason = describe(error)
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
    composed: Path, into: Path, *, data: Mapping[str, Plain], layer_of: Mapping[str, str]
) -> None:
    """The one place that knows Jinja: what ends in `.jinja` is rendered, all else is copied."""
    import jinja2
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    templates = ImmutableSandboxedEnvironment(
        loader=jinja2.FileSystemLoader(composed),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    for name in sorted(layer_of):
        path = PurePosixPath(name)
        if name.startswith(PARTIAL) and path.suffix == SUFFIX:
            continue
        target = into / name.removesuffix(SUFFIX)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(composed / name, target)
        if path.suffix == SUFFIX:
            try:
                text = templates.get_template(name).render(data)
            except Exception as error:  # a template may fail in any way Python can
                place = _place_of(error, composed, layer_of)
                raise RenderError(_template_fault(error), where=place) from error
            target.write_text(text, encoding="utf-8", newline="")


def _template_fault(error: Exception) -> Text:
    said = str(error) or type(error).__name__
    return Text(f"the template failed: {said}", f"模板出错：“{said}”")


def _place_of(error: Exception, composed: Path, layer_of: Mapping[str, str]) -> str:
    """The layer, file and line of a template's fault."""
    frames = [
        (Path(frame.filename), frame.lineno) for frame in traceback.extract_tb(error.__traceback__)
    ]
    named = Path(getattr(error, "filename", None) or ""), getattr(error, "lineno", None)
    for path, line in (named, *reversed(frames)):
        if path.is_relative_to(composed):
            name = path.relative_to(composed).as_posix()
            return f"{layer_of[name]}: {name}:{line}"
    return "templates"


def _sample(plan: Plan, facts: Facts) -> Path:
    return Path(plan.kit.folder) / "sample" / plan.task.sample[facts.data.language]


def _place(file: FileFacts, into: Path, *, source: Path) -> None:
    """Copy a file that the project keeps; one it only refers to has an absolute path."""
    if Path(file.project_path).is_absolute():
        return
    target = into / file.project_path
    target.parent.mkdir(parents=True, exist_ok=True)
    with data_errors(), naming_the_file(source):
        content = open_bytes(source)
    with content, target.open("wb") as copy:
        shutil.copyfileobj(content, copy)
    if hash_file(target) != file.sha256:
        raise file_changed(source)
