"""How the models that need code of their own are trained with an old release of LLaMA-Factory."""

from __future__ import annotations

from collections.abc import Iterator

from newft.decide.exports.export_inputs import ExportInputs
from newft.schema.plan import ExportStep
from newft.text import Text, join_names

# The last release for transformers below 4.42, which the code of ChatGLM3 needs: its metadata asks
# for transformers >=4.41.2,<=4.46.1 (METADATA of its wheel).
RELEASE_OF_OWN_CODE = "0.9.1"
# It also asks for numpy <2, with which the newest pyarrow, of its `datasets`, cannot be imported:
# 26.0 fails, and 18.1 ran.
INSTALL = f"pip install llamafactory=={RELEASE_OF_OWN_CODE} transformers==4.41.2 'pyarrow<19'"
FOLDER = "base-model"  # which .gitignore of a project names


def locate_edited_model(inputs: ExportInputs) -> str | None:
    """Return the folder of the model, if its code must be edited; else None."""
    if inputs.family.code_edit is None:
        return None
    return inputs.model.id if inputs.model.source == "folder" else FOLDER


def list_release_steps(inputs: ExportInputs) -> Iterator[ExportStep]:
    """Yield what to do before the release can train the model."""
    yield ExportStep(
        Text(
            "The model's own code needs an old transformers; in an environment of its own with "
            "Python 3.11:",
            "该模型自带的代码需要旧版 transformers，请在单独的 Python 3.11 环境中安装：",
        ),
        _list_install_lines(inputs),
    )
    edit, folder = inputs.family.code_edit, locate_edited_model(inputs)
    if edit is None:
        return
    if inputs.model.source != "folder":
        purpose = Text("Download the model, whose code is edited:", "下载模型，以便修改其代码：")
        yield ExportStep(purpose, (_write_download(inputs),))
    yield ExportStep(
        Text(
            f"In {folder}/{edit.file}, write these lines above `{edit.above}`, at the same "
            f"indentation: {edit.why.en} ({edit.source})",
            f"在 {folder}/{edit.file} 的 `{edit.above}` 之前写入下面几行，缩进与之相同："
            f"{edit.why.zh}（{edit.source}）",
        ),
        edit.lines,
    )


def _list_install_lines(inputs: ExportInputs) -> tuple[str, ...]:
    further = " ".join(
        f"'{package}'" if "=" in package else package for package in _list_further_packages(inputs)
    )
    return (f"{INSTALL} \\", further) if further else (INSTALL,)


def _list_further_packages(inputs: ExportInputs) -> list[str]:
    """List what hardware, method and hub need beside the release."""
    card = inputs.hardware.accelerator
    pins = card.torch.requires if card.torch and card.torch.excludes_newest else ()
    return [
        *pins,
        *(["bitsandbytes"] if inputs.method == "qlora" else []),
        *(["modelscope"] if inputs.model.source == "modelscope" else []),
    ]


def _write_download(inputs: ExportInputs) -> str:
    name, revision = inputs.model.id, inputs.model.revision
    pinned = f" --revision {revision}" if revision else ""
    if inputs.model.source == "modelscope":
        return f"modelscope download --model {name}{pinned} --local_dir {FOLDER}"
    return f"hf download {name}{pinned} --local-dir {FOLDER}"


def list_release_notes(inputs: ExportInputs) -> Iterator[Text]:
    """Yield what is known of a run with the release, and what is not."""
    card = inputs.hardware.accelerator
    if card.torch and card.torch.excludes_newest:
        wanted, why = join_names(card.torch.requires), card.torch.why
        yield Text(f"{wanted.en}: {why.en}", f"{wanted.zh}：{why.zh}")
    without = join_names(_list_further_packages(inputs))
    yield Text(
        f"newft ran these steps on a CPU{f' without {without.en}' if without.en else ''}, with the "
        "published code and random weights of a small size: whether the published weights train "
        "well, it has not tried",
        f"newft 在 CPU 上用官方代码和小规模随机权重跑通过上述步骤"
        f"{f'（未装 {without.zh}）' if without.zh else ''}，未用官方权重试训",
    )
