"""Read answers from options and `--set`, check, merge and write them, and build `Answers`.

A value is kept as the text that was written, so that a revision of digits or a project called `no`
needs no quotes. `answers/keys.py` defines the keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

from newft.answers.keys import (
    GIVEN_SPLITS_KEY,
    KIT_ANSWERS_PREFIX,
    NO_CHOICE,
    POSITIVE_KEY,
    ROI_PREFIX,
    SPLIT_NAMES,
    AnswerValue,
    RawAnswers,
    allows_list,
    find_answer_key,
    get_advice_values,
    get_columns,
    get_kit_answers,
    get_option,
    get_recipe_values,
    get_roi_figures,
    is_answer_key,
    is_repeatable,
    normalize_value,
)
from newft.answers.unknown_names import make_unknown_key_error, make_unknown_name_error
from newft.errors import UsageError
from newft.schema.answers import Answers, DataAnswer, KitAnswer
from newft.text import Text, join_names, to_bilingual_text

if TYPE_CHECKING:
    from newft.emitted.yaml_lines import KeyPath, YamlDocument

MISSING_VALUE_MESSAGE = Text("the value is missing", "缺少值")


def collect_options(values: Mapping[str, str | list[str] | None]) -> RawAnswers:
    """Return the answers that options of the command line give."""
    given: dict[str, AnswerValue] = {}
    for key, value in values.items():
        if value is None:
            continue
        whole = value if isinstance(value, str) else tuple(value)
        given[key] = validate_value(key, whole, where=get_option(key))
    return given


def parse_set(text: str) -> tuple[str, AnswerValue]:
    """Return the key and the value of one `--set KEY=VALUE`."""
    from newft.emitted.yaml_lines import YamlError, read_yaml

    key, equals, written = text.partition("=")
    key, written = key.strip(), written.strip()
    where = f"--set {key}"
    if not equals or not key:
        message = (
            Text(f"`{text}` has no key before the `=`", f"`{text}` 的 `=` 前缺少键名")
            if equals
            else Text(f"`{text}` has no `=`", f"`{text}` 中没有 `=`")
        )
        raise UsageError(message, where="--set", hint=to_bilingual_text("--set KEY=VALUE"))
    if not is_answer_key(key):
        raise make_unknown_key_error(key, where="--set")
    quoted = written[:1] in ("'", '"')
    with suppress(YamlError):  # invalid YAML is taken as text
        document = read_yaml(written)
        if document.entries[()].kind == "list" and allows_list(key):
            return key, parse_list(document, (), key=key, where=where)
        if isinstance(document.value, str) and quoted:
            written = document.value
    if not written and not (quoted and key.startswith(KIT_ANSWERS_PREFIX)):
        raise UsageError(
            MISSING_VALUE_MESSAGE, where=where, hint=to_bilingual_text(f"--set {key}=VALUE")
        )
    return key, validate_value(key, (written,) if is_repeatable(key) else written, where=where)


def merge_answers(
    options: RawAnswers, sets: Iterable[tuple[str, AnswerValue]], file: RawAnswers
) -> RawAnswers:
    """Merge the sources: options and `--set`, which must agree, override the file."""
    strong: dict[str, AnswerValue] = dict(options)
    for key, value in sets:
        if strong.get(key, value) != value:
            en, zh = (get_option(key),) * 2 if key in options else ("another --set", "另一处 --set")
            one, two = _join_value(value), _join_value(strong[key])
            raise UsageError(
                Text(
                    f"the value is `{one}` here and `{two}` in {en}",
                    f"这里的值是“{one}”，而 {zh} 给的是“{two}”",
                ),
                where=f"--set {key}",
                hint=Text("give only one of the two", "只保留其中一处"),
            )
        strong[key] = value
    strong, file = _split_task(strong), _split_task(file)
    if "model" in strong and "family" not in strong:
        file = {
            key: value for key, value in file.items() if key != "family"
        }  # the file names it for another model
    return {**file, **strong}


def _split_task(given: RawAnswers) -> dict[str, AnswerValue]:
    """Return the answers with a task that is named as domain/task as the two answers that it is."""
    domain, slash, task = str(given.get("task", "")).partition("/")
    if not slash:
        return dict(given)
    if given.get("domain", domain) != domain:
        raise UsageError(
            Text(
                f"`{domain}/{task}` is not a task of the domain `{given['domain']}`",
                f"`{domain}/{task}` 不是领域 `{given['domain']}` 的任务",
            ),
            where="--task",
            hint=Text("give only one of the two", "只保留其中一处"),
        )
    return {**given, "domain": domain, "task": task}


def validate_value(key: str, value: AnswerValue, *, where: str) -> AnswerValue:
    """Return the normalized value; refuse one that the key cannot have."""
    # an empty list is valid: it means the sample, or none; no positive label at all has no sense,
    # neither has a figure without a number, and a kit may ask for a text that may be empty
    filled = all([value] if isinstance(value, str) else value)
    empty = not filled and not key.startswith(KIT_ANSWERS_PREFIX)
    needs_values = key == POSITIVE_KEY or key.startswith(ROI_PREFIX)
    if empty or (needs_values and not value):
        raise UsageError(MISSING_VALUE_MESSAGE, where=where)
    entry = find_answer_key(key)
    if key == GIVEN_SPLITS_KEY and (unknown := [one for one in value if one not in SPLIT_NAMES]):
        raise make_unknown_name_error(unknown[0], SPLIT_NAMES, where=where)
    if entry and entry.choices:
        _check_choices((value,) if isinstance(value, str) else value, entry.choices, where=where)
    if any(
        0xD800 <= ord(character) <= 0xDFFF or character == "\0" for character in _join_value(value)
    ):
        raise UsageError(
            Text(
                f"the value is not valid text: {_join_value(value)!r}",
                f"不是合法的文本：{_join_value(value)!r}",
            ),
            where=where,
            hint=Text("use UTF-8 without NUL characters", "请用 UTF-8 编码，且不含 NUL 字符"),
        )
    return normalize_value(key, value)


def _check_choices(values: tuple[str, ...], choices: Mapping[str, Text], *, where: str) -> None:
    """Refuse a value that is not among the choices, and `none` beside another one."""
    if unknown := [value for value in values if value not in choices]:
        raise make_unknown_name_error(unknown[0], choices, where=where)
    if NO_CHOICE in values and {*values} != {NO_CHOICE}:
        others = join_names(value for value in values if value != NO_CHOICE)
        raise UsageError(
            Text(
                f"`{NO_CHOICE}` is given beside {others.en}",
                f"`{NO_CHOICE}` 不能与 {others.zh} 同时给出",
            ),
            where=where,
            hint=Text("give only one of the two", "只保留其中一处"),
        )


def build_answers(given: RawAnswers) -> Answers:
    """Build the typed answers; every required key must have a value.

    Answers to a kit, values of the recipe, factors and figures are sorted, so that templates do
    not depend on the order of options.
    """
    values: dict[str, Any] = {key: value for key, value in given.items() if "." not in key}
    return Answers(
        **values,
        recipe=dict(sorted(get_recipe_values(given).items())),
        advice=dict(sorted(get_advice_values(given).items())),
        roi=dict(sorted(get_roi_figures(given).items())),
        data=DataAnswer(**_select_fields(given, "data"), columns=get_columns(given)),
        kit=KitAnswer(
            **_select_fields(given, "kit"), answers=dict(sorted(get_kit_answers(given).items()))
        ),
    )


def _select_fields(given: RawAnswers, group: str) -> dict[str, Any]:
    """Return the answers of one group by the last part of their keys, such as `data.positive`."""
    return {
        parts[1]: value
        for key, value in given.items()
        if (parts := key.split("."))[0] == group and len(parts) == 2
    }


def format_answers_yaml(given: RawAnswers) -> str:
    """Format the answers as YAML that `--answers` reads."""
    import yaml

    tree: dict[str, object] = {}
    for key, value in given.items():
        *parents, leaf = key.split(".", 2)
        place = tree
        for parent in parents:
            place = cast("dict[str, object]", place.setdefault(parent, {}))
        place[leaf] = list(value) if isinstance(value, tuple) else value
    return yaml.safe_dump(tree, allow_unicode=True, sort_keys=False)


def _join_value(value: AnswerValue) -> str:
    return value if isinstance(value, str) else ", ".join(value)


def parse_list(document: YamlDocument, keys: KeyPath, *, key: str, where: str) -> AnswerValue:
    """Return the value that the YAML list at `keys` gives."""
    items = [entry for path, entry in document.entries.items() if path[:-1] == keys and path]
    if any(item.kind != "text" for item in items):
        raise UsageError(Text("the value must be a list of texts", "值应为文本列表"), where=where)
    return validate_value(key, tuple(item.text for item in items), where=where)
