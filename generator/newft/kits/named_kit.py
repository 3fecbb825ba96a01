"""Which starter kit a project names in its files, where `.newft/` does not say where it is from."""

from __future__ import annotations

from pathlib import Path

from newft.answers.guess import Guess
from newft.emitted.normalize import escape_controls
from newft.emitted.policy_rules import POLICY_FILE
from newft.emitted.yaml_lines import YamlError, read_yaml
from newft.errors import NewftError, ProjectError
from newft.kits.sources import NO_KIT
from newft.project.file_state import read_file
from newft.text import Text

_LANGUAGES = ("en", "zh")


def make_unnamed_kit_error(folder: Path) -> ProjectError | None:
    """Return the error for a project whose policy names a kit but not where it is from.

    Without the kit, its files would count as files of the team, and no update would bring new ones.
    """
    names = _read_kit_names(folder)
    if "id" not in names:
        return None
    kit = " ".join(filter(None, (f"`{names['id']}`", names.get("version"))))
    known = [f"{key} {names[key]}" for key in ("commit", "tree") if key in names]
    states = f" ({', '.join(known)})" if known else ""
    zh_states = f"（{'，'.join(known)}）" if known else ""
    revision = f"@{names['commit']}" if "commit" in names else ""
    return ProjectError(
        Text(
            f"the project was made with the starter kit {kit}{states},"
            " and does not say where it is from",
            f"项目由起步套件 {kit}{zh_states}生成，但没有记录其来源",
        ),
        where=str(folder / POLICY_FILE),
        hint=Text(
            f"give it: --kit SOURCE{revision}; to adopt the project without it: --kit {NO_KIT}",
            f"请给出来源：--kit 来源{revision}；不用套件则加 --kit {NO_KIT}",
        ),
    )


def name_kit_in_error(error: NewftError, guess: Guess) -> ProjectError:
    """Return the error for a kit that cannot be found, with the file that names it."""
    said = Text(*(error.to(language)[0] for language in _LANGUAGES))  # type: ignore[arg-type]
    return ProjectError(
        Text(
            f"the project names the kit `{guess.value}`, which cannot be used: {said.en}",
            f"项目记录的套件 `{guess.value}` 无法使用：{said.zh}",
        ),
        where=guess.source,
        hint=Text(
            "give where it is now: --kit SOURCE[@REVISION]; to adopt the project without it:"
            f" --kit {NO_KIT}",
            f"请给出现在的来源：--kit 来源[@版本]；不用套件则加 --kit {NO_KIT}",
        ),
    )


def _read_kit_names(folder: Path) -> dict[str, str]:
    """Return id, version, commit and tree of the kit, as far as the policy names them."""
    try:
        file = read_file(folder, POLICY_FILE)
        document = read_yaml(file.content if file and file.mode != "120000" else b"")
    except (NewftError, YamlError, OSError):
        return {}
    entries = {path[1]: one for path, one in document.entries.items() if path[:-1] == ("kit",)}
    return {
        str(key): escape_controls(one.text)
        for key, one in entries.items()
        if one.kind == "text" and one.text
    }
