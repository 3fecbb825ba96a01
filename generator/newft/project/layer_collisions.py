"""Which file of a project wins where two layers have it, and what layers must declare for that."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

from newft.errors import FileCollisionError, RenderError
from newft.project.layer_files import (
    REPLACES_FILE,
    TEMPLATE_SUFFIX,
    Layer,
    LayerFile,
    name_package_in_path,
)
from newft.system.safe_paths import find_path_faults
from newft.text import Text, join_texts, to_bilingual_text


def is_overruled(layer: Layer, path: str, chosen: Container[str]) -> bool:
    """Return whether a file of a layer is left out because a lower layer has it."""
    declared = layer.replaces or ()
    preferred = layer.prefer == "newft" and path not in declared
    return path in chosen and (path in layer.keeps or preferred)


def refuse_unsafe_paths(files: Mapping[str, LayerFile]) -> None:
    """Refuse paths that some disk takes for another, such as `makefile` beside `Makefile`."""
    faults = find_path_faults(files)
    if faults:
        path = faults[0].path
        lines = [Text(f"{path} {en}", f"{path} {zh}") for path, (en, zh) in faults]
        hint = Text("rename the file", "请给文件改名")
        message = join_texts(lines, to_bilingual_text("\n"))
        raise RenderError(message, where=f"{files[path].layer}: {path}", hint=hint)


def list_replacements(
    layer: Layer,
    package: str,
    files: Mapping[str, LayerFile],
    chosen: Mapping[str, LayerFile],
) -> Sequence[str]:
    """Return the files of lower layers that a layer replaces.

    Those of a kit are declared for all of its folders; each folder replaces what it has. Which
    files a copier template has, and which it meets, depends on the answers.
    """
    if layer.verbatim:
        wins = {*files} if layer.prefer == "kit" else {*(layer.replaces or ())}
        return [path for path in files if path in chosen and path in wins]
    if layer.replaces is None:
        listing = layer.folder / REPLACES_FILE
        lines = listing.read_text(encoding="utf-8").splitlines() if listing.is_file() else []
        names = [line.strip() for line in lines if line.strip()]
    else:
        names = list(layer.replaces)
    names = [name_package_in_path(name.removesuffix(TEMPLATE_SUFFIX), package) for name in names]
    return [name for name in dict.fromkeys(names) if layer.replaces is None or name in files]


def check_replacements(
    layer: Layer,
    files: Mapping[str, LayerFile],
    chosen: Mapping[str, LayerFile],
    replaced: Sequence[str],
) -> None:
    """Refuse files that hide a lower layer's undeclared, and declarations that replace nothing."""
    listing = REPLACES_FILE if layer.replaces is None else "replaces"
    faults = [
        Text(f"both the template and newft have {path}", f"模板和 newft 都有 {path}")
        if layer.verbatim and path == hidden
        else Text(
            f"{path} of {layer.name} hides {hidden} of {chosen[hidden].layer}",
            f"{layer.name} 的 {path} 会遮住 {chosen[hidden].layer} 的 {hidden}",
        )
        for path, hidden in find_hidden_files(files, {*chosen}.difference(replaced))
    ]
    faults += [
        Text(
            f"{listing} names {path}, but no lower layer has it",
            f"{listing} 写了 {path}，但下层没有这个文件",
        )
        for path in sorted({*replaced}.difference(chosen))
    ]
    faults += [
        Text(
            f"{listing} names {path}, but this layer does not have it",
            f"{listing} 写了 {path}，但本层没有这个文件",
        )
        for path in sorted({*replaced}.difference(files))
    ]
    if not faults:
        return
    message = join_texts(faults, to_bilingual_text("\n"))
    if layer.verbatim:
        paths = sorted({*files} & {*chosen})
        error = FileCollisionError(message, where=layer.name, hint=_explain_choice(paths))
        error.paths = tuple(paths)
        raise error
    hint = Text(
        f"rename the file, or name it in {listing} of the upper layer",
        f"请给文件改名，或写进上层的 {listing}",
    )
    where = "layers" if layer.replaces is None else layer.name
    raise RenderError(message, where=where, hint=hint)


def _explain_choice(paths: Sequence[str]) -> Text:
    """Return how to say whose files win where a copier template and newft both have them."""
    listed = f"[{', '.join(paths)}]"
    return Text(
        "say whose files win: for this project with --prefer kit or --prefer newft, or for all"
        " projects in the kit.yaml beside copier.yml or of a kit that extends the template, file by"
        " file:\n"
        f"  title: ...\n  replaces: {listed}  # the template's win\n  keeps: []  # newft's win",
        "请指明以谁的文件为准：只对本项目可用 --prefer kit 或 --prefer newft；"
        "对所有项目则在 copier.yml 旁的 kit.yaml 或扩展该模板的套件的 kit.yaml 中逐个写明：\n"
        f"  title: ...\n  replaces: {listed}  # 用模板的\n  keeps: []  # 用 newft 的",
    )


def find_hidden_files(files: Iterable[str], lower: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the files that exclude a lower one, with it: equal, or one is a parent of the other."""
    inside: dict[str, str] = {}  # a lower file in each folder
    for path in sorted(lower, reverse=True):
        inside |= dict.fromkeys([path, *_list_parents(path)], path)
    present = {*inside.values()} | {*lower}
    for path in files:
        hidden = [one for one in (path, *_list_parents(path)) if one in present]
        if hidden or path in inside:
            yield path, hidden[0] if hidden else inside[path]


def _list_parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:count]) for count in range(len(parts) - 1, 0, -1)]
