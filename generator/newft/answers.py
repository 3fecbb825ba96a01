"""What was said: read from a file, `--set` and options, written back, and made into `Answers`.

The keys are the same everywhere. A value is text as it was written, so that a revision of digits
or a project called `no` needs no quotes; only `data.files` is a list.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from newft.entries import LORA, Language
from newft.errors import UsageError
from newft.given import COLUMNS, FILES, POSITIVE, Given, Value, columns, files, hardware, unknown
from newft.model import Answers, DataAnswer

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
        what = "names no key" if equals else "has no `=`"
        raise UsageError(f"`{text}` {what}", where="--set", hint="--set KEY=VALUE")
    if not _known(key):
        raise unknown(key, _names(), where="--set")
    try:
        node = yaml.compose(written, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError):
        node = None
    if isinstance(node, yaml.ScalarNode) and node.style in ("'", '"'):
        written = node.value
    elif isinstance(node, yaml.SequenceNode) and key == FILES:
        return key, _listed(node, where)
    if not written:
        raise UsageError("it has no value", where=where, hint=f"--set {key}=VALUE")
    return key, checked(key, (written,) if key == FILES else written, where=where)


def read(path: str, text: str) -> Given:
    """The answers of a YAML file; every fault in it is listed, with its line."""
    node = _mapping(path, text)
    if node is None:
        return {}
    given: dict[str, Value] = {}
    faults: list[UsageError] = []
    for key, value in _leaves("", node):
        try:
            _add(given, key, value, where=f"{path}:{value.start_mark.line + 1}")
        except UsageError as fault:
            faults.append(fault)
    if len(faults) == 1:
        raise faults[0]
    if faults:
        listed = "\n".join(
            f"{fault} ({fault.hint})" if fault.hint else str(fault) for fault in faults
        )
        raise UsageError(f"{len(faults)} faults\n{listed}", where=path)
    return given


def _mapping(path: str, text: str) -> yaml.MappingNode | None:
    import yaml

    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise UsageError(*_broken(error), where=path) from error
    except RecursionError as error:
        raise UsageError("it is nested too deep for answers", where=path) from error
    if node is None or isinstance(node, yaml.MappingNode):
        return node
    raise UsageError("it holds no answers", where=path, hint="one `key: value` a line")


def load(path: Path) -> Given:
    """The answers of a YAML file."""
    try:
        return read(str(path), path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UsageError(
            f"the answers cannot be read ({error.strerror})", where=str(path)
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError("the answers are not UTF-8 text", where=str(path)) from error


def merge(options: Given, sets: Iterable[tuple[str, Value]], file: Given) -> Given:
    """One set of answers: options and `--set` over the file; the two may not disagree."""
    strong: dict[str, Value] = dict(options)
    for key, value in sets:
        if strong.get(key, value) != value:
            other = OPTIONS[key] if key in options else "another --set"
            raise UsageError(
                f"it is `{_plain(value)}`, and {other} says `{_plain(strong[key])}`",
                where=f"--set {key}",
                hint="give one of the two",
            )
        strong[key] = value
    if "model" in strong and "family" not in strong:
        file = {key: value for key, value in file.items() if key != "family"}  # of another model
    return {**file, **strong}


def checked(key: str, value: Value, *, where: str) -> Value:
    """The value as it is kept, if its key can take it."""
    if not all([value] if isinstance(value, str) else value):  # no files at all are the sample
        raise UsageError("it has no value", where=where)
    if key in CLOSED and value not in CLOSED[key]:
        raise unknown(_plain(value), CLOSED[key], where=where)
    if any(0xD800 <= ord(character) <= 0xDFFF or character == "\0" for character in _plain(value)):
        raise UsageError("it is not text", where=where, hint="give it in UTF-8, without NUL")
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


def _known(key: str) -> bool:
    return key in OPTIONS or (key.startswith(COLUMNS) and len(key) > len(COLUMNS))


def _names() -> list[str]:
    return [*OPTIONS, f"{COLUMNS}text", f"{COLUMNS}label"]


def _plain(value: Value) -> str:
    return value if isinstance(value, str) else ", ".join(value)


def _broken(error: yaml.YAMLError) -> tuple[str]:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error)
    line = f"line {mark.line + 1}: " if mark else ""
    return (f"{line}this is not YAML ({problem})",)


def _leaves(prefix: str, node: yaml.MappingNode) -> Iterator[tuple[str, yaml.Node]]:
    import yaml

    for key, value in node.value:
        name = f"{prefix}{key.value if isinstance(key, yaml.ScalarNode) else '?'}"
        if isinstance(value, yaml.MappingNode) and name in ("data", "data.columns"):
            yield from _leaves(f"{name}.", value)
        else:
            yield name, value


def _add(given: dict[str, Value], key: str, node: yaml.Node, *, where: str) -> None:
    import yaml

    if not _known(key):
        raise unknown(key, _names(), where=where)
    if key in given:
        raise UsageError(f"`{key}` is there twice", where=where)
    if node.tag == "tag:yaml.org,2002:null":
        return
    if key == FILES and isinstance(node, yaml.SequenceNode):
        given[key] = _listed(node, f"{where}: {key}")
    elif isinstance(node, yaml.ScalarNode):
        value = (node.value,) if key == FILES else node.value
        given[key] = checked(key, value, where=f"{where}: {key}")
    else:
        raise UsageError(f"`{key}` takes text", where=where)


def _listed(node: yaml.SequenceNode, where: str) -> tuple[str, ...]:
    import yaml

    if not all(isinstance(item, yaml.ScalarNode) for item in node.value):
        raise UsageError("it takes a list of paths", where=where)
    paths = tuple(item.value for item in node.value)
    checked(FILES, paths, where=where)
    return paths
