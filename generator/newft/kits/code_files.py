"""Which files of a kit may be run in a project.

Tools run, import or load files by so many names that no list of them is complete: a `.pdbrc`, the
`uv.lock` with other addresses, a pickle with weights, the `AGENTS.md` that an assistant obeys.
Listed is therefore what is harmless: texts, tables, images, and records in a folder of data, by
names that no tool knows. Everything else counts as code, and so does every name that begins with a
dot, every executable file, and every name that depends on the answers of a copier template.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from newft.kits.copier_yaml import DEFAULT_SUFFIX, PLAIN_NAME, TemplateNames
from newft.kits.kit_files import EXECUTABLE_MODE
from newft.kits.sources import COPIER_FILES
from newft.schema.tree import FileTree, TreeFile

_HARMLESS_SUFFIXES = frozenset(
    {".md", ".rst", ".txt", ".csv", ".tsv", ".png", ".jpg", ".jpeg", ".gif", ".webp", ".ico"}
)
_RECORD_SUFFIXES = frozenset({".json", ".jsonl"})  # harmless in a folder of data
_DATA_FOLDERS = frozenset({"data", "sample", "samples"})
_HARMLESS_NAMES = frozenset(  # without a suffix
    {"authors", "changelog", "copying", "licence", "license", "notice", "readme"}
)
# Texts that a tool loads by the beginning of their name: assistants, package managers, builds.
_LOADED_NAMES = frozenset(
    """
    agent agents claude copilot-instructions crush gemini qwen skill warp
    apt cmakelists conanfile dependencies deps entry_points meson_options packages runtime top_level
    """.split()  # noqa: SIM905 - twenty quotes would hide the names
)
_PACKAGE_LIST = re.compile(r"requirement|constraint")
_METADATA_FOLDERS = (".egg-info", ".dist-info")  # their entry_points.txt names code to import
# The one expression around a name that leaves no choice of names: there is a file of it or none.
_CONDITIONAL_NAME = re.compile(r"\{%-?\s*if\s[^{}%]*%\}([^{}%]+)\{%-?\s*endif\s*-?%\}")
_ANSWERS_EXPRESSION = re.compile(r"\{\{\s*_copier_conf\.answers_file\s*\}\}")
_ANSWERS_NAME = re.compile(r"\.copier-answers[\w.-]*\.ya?ml")
# Of a kit with a kit.yaml, files in these folders never reach a project.
_OWN_FOLDERS = frozenset({"sample", "tests"})


def list_code_files(files: FileTree, template: TemplateNames | None = None) -> tuple[str, ...]:
    """Return the files of a kit that a tool may run in a project.

    `template` says what is known of the names of a copier template.
    """
    template = template or TemplateNames()
    copier = any(name in files for name in COPIER_FILES)
    only = "" if "kit.yaml" in files else template.folder  # which may name more folders
    if not copier:
        template = TemplateNames()
    elif "kit.yaml" in files:  # whose own overlay has templates too
        template = template._replace(suffixes=(*template.suffixes, DEFAULT_SUFFIX))
    return tuple(
        path
        for path, file in sorted(files.items())
        if path.startswith(only)
        and _reaches_project(path, copier)
        and not _is_harmless(path, file, template)
    )


def _reaches_project(path: str, copier: bool) -> bool:
    """Return whether a file may get into a project: any of a template, or one of an overlay."""
    top, _, rest = path.partition("/")
    if copier:
        return path not in (*COPIER_FILES, "kit.yaml")
    return bool(rest) and top not in _OWN_FOLDERS


def _is_harmless(path: str, file: TreeFile, template: TemplateNames) -> bool:
    if file.mode == EXECUTABLE_MODE or file.content.startswith(b"#!") or template.word_marks:
        return False
    names = {path.removesuffix(suffix) for suffix in template.suffixes}
    return all(_is_harmless_name(name, template) for name in names)


def _is_harmless_name(path: str, template: TemplateNames) -> bool:
    found = [(part, _CONDITIONAL_NAME.fullmatch(part)) for part in path.split("/")]
    parts = [conditional[1] if conditional else part for part, conditional in found]
    if _ANSWERS_EXPRESSION.fullmatch(parts[-1]):
        return all(_ANSWERS_NAME.fullmatch(name) for name in template.answers_files)
    whole = "/".join(parts).casefold()
    if not re.fullmatch(PLAIN_NAME, whole) or any(
        part.startswith(".") or part.endswith(_METADATA_FOLDERS) for part in whole.split("/")
    ):
        return False
    place = PurePosixPath(whole)
    if not place.suffix:
        return place.name in _HARMLESS_NAMES
    if place.suffix in _RECORD_SUFFIXES:
        return not _DATA_FOLDERS.isdisjoint(place.parts[:-1])
    loaded = place.name.split(".")[0] in _LOADED_NAMES
    listed = place.suffix == ".txt" and _PACKAGE_LIST.search(whole) is not None
    return place.suffix in _HARMLESS_SUFFIXES and not (loaded or listed)
