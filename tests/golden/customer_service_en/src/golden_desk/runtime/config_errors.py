"""What is wrong with the values of run.yaml, in the language of the project, and what to do."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from .config_file import RESTORE_HINT
from .messages import fill
from .yaml_lines import KeyPath, join_keys

NOT_A_NUMBER_MESSAGE = "{place} is {value} (text), not a number"
NOT_TEXT_MESSAGE = "{place} is {value}, which is not text"
# what pydantic asks of a value, by its name for it
RULE_MESSAGES = {
    "greater_than": "it must be greater than {gt}",
    "greater_than_equal": "it must be {ge} or greater",
    "less_than": "it must be less than {lt}",
    "less_than_equal": "it must be {le} or less",
    "too_short": "it needs {min_length} entries or more",
    "too_long": "it may have {max_length} entries at most",
    "string_too_short": "it must not be empty",
    "string_too_long": "it may have {max_length} characters at most",
    "string_pattern_mismatch": "it must match {pattern}",
    "literal_error": "it must be one of: {expected}",
    "bool_type": "it must be true or false",
    "int_type": "it must be a whole number",
    "int_from_float": "it must be a whole number",
    "float_type": "it must be a number",
    "finite_number": "it must be a finite number",
    "list_type": "it must be a list",
    "dict_type": "it must hold keys with values",
}


def describe_errors(
    details: Sequence[Mapping[str, Any]], places: Mapping[KeyPath, str], config: type[BaseModel]
) -> list[str]:
    """What pydantic found, each at its place; a typo is not also a missing key."""
    meant = {
        (*loc[:-1], _find_nearest_key(loc, config))
        for loc in map(_locate_unknown_key, details)
        if loc
    }
    return [
        _describe_error(detail, places, config) for detail in details if detail["loc"] not in meant
    ]


def _describe_error(
    detail: Mapping[str, Any], places: Mapping[KeyPath, str], config: type[BaseModel]
) -> str:
    loc, value = tuple(detail["loc"]), detail["input"]
    where = loc
    while where not in places:  # a union names its branch, a missing key has no place
        where = where[:-1]
    place = f"{places[where]}: {join_keys(where)}"
    if places[where].startswith("--set"):
        place = places[where]
    match detail["type"]:
        case "missing":
            return fill("{place}: {key} is missing", place=places[where], key=join_keys(loc))
        case "extra_forbidden":
            return _describe_unknown_key(loc, place, config)
        case "model_type":
            return fill("{place} holds no keys", place=place)
        case "float_type" | "int_type" if isinstance(value, str):
            return fill(NOT_A_NUMBER_MESSAGE, place=place, value=repr(value))
        case "string_type":
            return fill(NOT_TEXT_MESSAGE, place=place, value=repr(value))
    return fill(
        "{place}: {fault}"
        if isinstance(value, (dict, list, BaseModel))
        else "{place} is {value}: {fault}",
        place=place,
        value=repr(value),
        fault=_describe_rule(detail),
    )


def _describe_unknown_key(keys: KeyPath, place: str, config: type[BaseModel]) -> str:
    """That a key is unknown, with the key that is meant if that can be told."""
    if near := _find_nearest_key(keys, config):
        return fill("{place} is not a key; the nearest is {near}", place=place, near=near)
    return fill("{place} is not a key", place=place)


def _describe_rule(detail: Mapping[str, Any]) -> str:
    """What a value has to be, in the language of the project; pydantic has English alone."""
    if detail["type"] not in RULE_MESSAGES:
        return str(detail["msg"]).removeprefix("Value error, ")
    bounds = dict(detail.get("ctx", {}))
    if "expected" in bounds:  # such as 'a', 'b' or 'c'
        bounds["expected"] = fill(", ").join(re.findall("'(.*?)'", bounds["expected"]))
    return fill(RULE_MESSAGES[detail["type"]], **bounds)


def _locate_unknown_key(detail: Mapping[str, Any]) -> KeyPath:
    """The place of an unknown key: probably a typo of a key that is missing."""
    return detail["loc"] if detail["type"] == "extra_forbidden" else ()


def _find_nearest_key(where: KeyPath, config: type[BaseModel]) -> str:
    section: Any = config
    for part in where[:-1]:
        section = section.model_fields[part].annotation
    close = difflib.get_close_matches(str(where[-1]), section.model_fields, n=1)
    return close[0] if close else ""


def choose_hint(details: Sequence[Mapping[str, Any]], faults: Sequence[str]) -> str:
    """What to do about the faults, if the same thing helps against most of their kind."""
    numbers = [detail for detail in details if detail["type"] in ("float_type", "int_type")]
    if any(isinstance(detail["input"], str) for detail in numbers):
        return fill("YAML reads 1e-4 as text: write 1.0e-4, and write numbers without quotes")
    if any(detail["type"] == "string_type" for detail in details):
        return fill("YAML does not read yes, no, null and 12 as text: put them in quotes")
    if all(fault.startswith("--set") for fault in faults):
        return ""
    return RESTORE_HINT
