"""Find the data files that a configuration of LLaMA-Factory names, by its dataset_info.json."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from newft.answers.imports.carried import Carrier
from newft.answers.imports.data_files import carry_files
from newft.errors import UsageError
from newft.text import Text, find_nearest_names, join_names

INFO_FILE = "dataset_info.json"
USUAL_FOLDER = "data"  # where the tool looks for it unless told otherwise
DEFAULT_COLUMNS = {
    "alpaca": {"prompt": "instruction", "query": "input", "response": "output"},
    "sharegpt": {"messages": "conversations"},
}
OTHER_KINDS = {
    "ranking": Text("preference data: newft trains on answers", "偏好数据：newft 只用答案训练"),
    "hf_hub_url": Text(
        "a data set of a hub, which has to be downloaded", "是模型社区的数据集，需要先下载"
    ),
    "ms_hub_url": Text(
        "a data set of a hub, which has to be downloaded", "是模型社区的数据集，需要先下载"
    ),
    "script_url": Text("a script, which has to be run first", "是脚本，需要先运行"),
}


class _DataSet(NamedTuple):
    file: str
    columns: Mapping[str, str]  # by field, where they are not the usual ones


def carry_data_sets(carrier: Carrier) -> None:
    """Carry the files of the data sets over, and their columns."""
    keys = [key for key in ("dataset", "eval_dataset") if carrier.take(key)]
    for key in keys:
        carrier.check_kind(key, "names", holds=isinstance(carrier.values[key], str | list))
    carrier.take("dataset_dir")
    names: dict[str, str] = {}
    for key in keys:
        for name in _list_names(carrier.values[key]):
            names.setdefault(name, key)
    if not names:
        return
    found = _find_info(carrier)
    if found is None:
        named = carrier.values.get("dataset_dir")
        place = f"{named} has" if named else "the folder of the file and its data/ have"
        place_zh = str(named) if named else "配置文件所在文件夹及其 data/"
        for key in keys:
            why = Text(f"{place} no {INFO_FILE}", f"{place_zh} 中没有 {INFO_FILE}")
            carrier.report_missing_data(key, why)
        return
    info = _read_info(found)
    sets = {
        name: one
        for name, key in names.items()
        if (one := _find_data_set(carrier, key, name, info, found))
    }
    if sets:
        _carry_sets(carrier, names, sets)


def _carry_sets(carrier: Carrier, names: Mapping[str, str], sets: Mapping[str, _DataSet]) -> None:
    """Carry the data sets over, if all of them have the same columns."""
    first, leading = next(iter(sets.items()))
    for name, one in sets.items():
        if one.columns != leading.columns:
            carrier.report_missing_data(
                names[name],
                Text(
                    f"`{name}` has other columns than `{first}`: give its columns the same names",
                    f"`{name}` 的列与 `{first}` 不同：请统一列名",
                ),
            )
    files: dict[str, str] = {}
    for name, one in sets.items():
        files.setdefault(one.file, names[name])
    carry_files(carrier, files, leading.columns)


def _list_names(value: object) -> list[str]:
    named = value if isinstance(value, list) else str(value).split(",")
    return [str(name).strip() for name in named]


def _find_info(carrier: Carrier) -> Path | None:
    return next((path for path in _iterate_places(carrier) if path.is_file()), None)


def _iterate_places(carrier: Carrier) -> Iterator[Path]:
    """Yield where the file may be: in the named folder only, if it is not the usual one."""
    named, here = str(carrier.values.get("dataset_dir") or USUAL_FOLDER), carrier.path.parent
    usual = Path(named) == Path(USUAL_FOLDER)
    folders = (Path(named), here, here / named) if usual else (Path(named), here / named)
    for folder in folders:
        yield folder / INFO_FILE


def _read_info(path: Path) -> Mapping[str, Any]:
    try:
        info = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise UsageError(
            Text(f"cannot be read: {error}", f"无法读取：{error}"), where=str(path)
        ) from error
    if not isinstance(info, dict):
        raise UsageError(
            Text("should be an object of data sets by name", "应为“名称 → 数据集”的对象"),
            where=str(path),
        )
    return info


def _find_data_set(
    carrier: Carrier, key: str, name: str, info: Mapping[str, Any], path: Path
) -> _DataSet | None:
    """Return a data set by its name; note why there is none."""
    entry = info.get(name)
    if not isinstance(entry, dict):
        known = join_names(find_nearest_names(name, [*info]) or info)
        why = Text(
            f"{path} has no `{name}`, but {known.en}", f"{path} 中没有 `{name}`，只有 {known.zh}"
        )
        carrier.report_missing_data(key, why)
        return None
    for kind, why in OTHER_KINDS.items():
        if entry.get(kind):
            carrier.report_missing_data(key, Text(f"`{name}`: {why.en}", f"`{name}`：{why.zh}"))
            return None
    file = path.parent / str(entry.get("file_name") or name)
    if not file.exists():
        carrier.report_missing_data(key, Text(f"{file} does not exist", f"{file} 不存在"))
        return None
    return _DataSet(str(file), _name_columns(entry))


def _name_columns(entry: Mapping[str, Any]) -> Mapping[str, str]:
    """Return columns of other names; newft knows those that LLaMA-Factory has by itself."""
    formatting = str(entry.get("formatting") or "alpaca")
    columns = entry.get("columns")
    usual = DEFAULT_COLUMNS.get(formatting, {})
    if formatting != "alpaca" or not isinstance(columns, dict):
        return {}  # newft finds the turns of a chat by their shape
    named = {part: columns.get(part) for part in usual}
    if all(named[part] in (None, usual[part]) for part in usual):
        return {}
    found = {"text": named["query"] or named["prompt"], "label": named["response"]}
    return {field: str(column) for field, column in found.items() if column}
