"""What was said: read from options and `--set`, written back, and made into `Answers`.

The keys are the same everywhere. A value is text as it was written, so that a revision of digits
or a project called `no` needs no quotes; only `data.files` is a list.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, cast

from newft.entries import LORA, Language
from newft.errors import UsageError
from newft.given import COLUMNS, FILES, POSITIVE, Given, Value, columns, files, hardware, unknown
from newft.model import Answers, DataAnswer
from newft.text import Text, as_text

if TYPE_CHECKING:
    import yaml

OPTIONS: Mapping[str, str] = {
    "domain": "--domain",
    "task": "--task",
    FILES: "--data",
    POSITIVE: "--positive",
    "language": "--language",
    "family": "--family",
    "model": "--model",
    "revision": "--revision",
    "hub": "--hub",
    "method": "--method",
    "gpu": "--gpu",
    "name": "--name",
}
NO_VALUE = Text("the value is missing", "缺少值")
CLOSED: Mapping[str, tuple[str, ...]] = {
    "language": ("en", "zh"),
    "hub": ("huggingface", "modelscope"),
}


def from_options(values: Mapping[str, str | list[str] | None]) -> Given:
    """The answers that options of their own gave."""
    given: dict[str, Value] = {}
    for key, value in values.items():
        if value is None:
            continue
        whole = value if isinstance(value, str) else tuple(value)
        given[key] = checked(key, whole, where=OPTIONS[key])
    return given


def parse_set(text: str) -> tuple[str, Value]:
    """The key and the value of one `--set KEY=VALUE`."""
    import yaml

    key, equals, written = text.partition("=")
    key, written = key.strip(), written.strip()
    where = f"--set {key}"
    if not equals or not key:
        message = (
            Text(f"`{text}` has no key before the `=`", f"`{text}` 的 `=` 前缺少键名")
            if equals
            else Text(f"`{text}` has no `=`", f"`{text}` 中没有 `=`")
        )
        raise UsageError(message, where="--set", hint=as_text("--set KEY=VALUE"))
    if not is_key(key):
        raise unknown(key, key_names(), where="--set")
    try:
        node = yaml.compose(written, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError):
        node = None
    if isinstance(node, yaml.ScalarNode) and node.style in ("'", '"'):
        written = node.value
    elif isinstance(node, yaml.SequenceNode) and key == FILES:
        return key, list_of_paths(node, where)
    if not written:
        raise UsageError(NO_VALUE, where=where, hint=as_text(f"--set {key}=VALUE"))
    return key, checked(key, (written,) if key == FILES else written, where=where)


def merge(options: Given, sets: Iterable[tuple[str, Value]], file: Given) -> Given:
    """One set of answers: options and `--set` over the file; the two may not disagree."""
    strong: dict[str, Value] = dict(options)
    for key, value in sets:
        if strong.get(key, value) != value:
            en, zh = (OPTIONS[key],) * 2 if key in options else ("another --set", "另一处 --set")
            one, two = _plain(value), _plain(strong[key])
            raise UsageError(
                Text(
                    f"the value is `{one}` here and `{two}` in {en}",
                    f"这里的值是“{one}”，而 {zh} 给的是“{two}”",
                ),
                where=f"--set {key}",
                hint=Text("give only one of the two", "只保留其中一处"),
            )
        strong[key] = value
    if "model" in strong and "family" not in strong:
        file = {key: value for key, value in file.items() if key != "family"}  # of another model
    return {**file, **strong}


def checked(key: str, value: Value, *, where: str) -> Value:
    """The value as it is kept, if its key can take it."""
    if not all([value] if isinstance(value, str) else value):  # no files at all are the sample
        raise UsageError(NO_VALUE, where=where)
    if key in CLOSED and value not in CLOSED[key]:
        raise unknown(_plain(value), CLOSED[key], where=where)
    if any(0xD800 <= ord(character) <= 0xDFFF or character == "\0" for character in _plain(value)):
        raise UsageError(
            Text(
                f"the value is not valid text: {_plain(value)!r}",
                f"不是合法的文本：{_plain(value)!r}",
            ),
            where=where,
            hint=Text("use UTF-8 without NUL characters", "请用 UTF-8 编码，且不含 NUL 字符"),
        )
    return hardware(value) if key == "gpu" and isinstance(value, str) else value


def finish(given: Given) -> Answers:
    """The typed answers; every required key has been given."""
    texts = {key: cast(str, value) for key, value in given.items() if key != FILES}
    return Answers(
        name=texts["name"],
        domain=texts["domain"],
        task=texts["task"],
        language=cast(Language, texts["language"]),
        gpu=texts["gpu"],
        family=texts["family"],
        model=texts["model"],
        hub=cast(Literal["huggingface", "modelscope"], texts.get("hub", "huggingface")),
        revision=texts.get("revision"),
        method=texts.get("method", LORA),
        data=DataAnswer(files(given), columns(given), positive=texts.get(POSITIVE)),
    )


def dump(given: Given) -> str:
    """The answers as YAML that `--answers` reads."""
    import yaml

    tree: dict[str, object] = {}
    for key, value in given.items():
        *parents, leaf = key.split(".", 2)
        place = tree
        for parent in parents:
            place = cast("dict[str, object]", place.setdefault(parent, {}))
        place[leaf] = list(value) if isinstance(value, tuple) else value
    return yaml.safe_dump(tree, allow_unicode=True, sort_keys=False)


def command(given: Given, path: str, *, program: Sequence[str]) -> str:
    """The one command that gives these answers again."""
    words = [*program, "new", path]
    for key, option in OPTIONS.items():
        values = files(given) if key == FILES else [given[key]] if key in given else []
        words += [word for value in values for word in (option, str(value))]
    for field, column in columns(given).items():
        words += ["--set", f"{COLUMNS}{field}={column}"]
    return shlex.join([*words, "--yes"])


def is_key(key: str) -> bool:
    """Whether an answer may have this key."""
    return key in OPTIONS or (key.startswith(COLUMNS) and len(key) > len(COLUMNS))


def key_names() -> list[str]:
    """The keys that answers have; a column's stands for all."""
    return [*OPTIONS, f"{COLUMNS}text", f"{COLUMNS}label"]


def _plain(value: Value) -> str:
    return value if isinstance(value, str) else ", ".join(value)


def list_of_paths(node: yaml.SequenceNode, where: str) -> tuple[str, ...]:
    """The files of a YAML list."""
    import yaml

    if not all(isinstance(item, yaml.ScalarNode) for item in node.value):
        raise UsageError(Text("the value must be a list of paths", "值应为路径列表"), where=where)
    paths = tuple(item.value for item in node.value)
    checked(FILES, paths, where=where)
    return paths
