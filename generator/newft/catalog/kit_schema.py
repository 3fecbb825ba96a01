"""What a starter kit adds to the JSON Schema of the answers: its questions and its decisions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, TypeAlias

from newft.answers.conditions import list_values
from newft.answers.keys import KIT_ANSWERS_PREFIX, KIT_KEY
from newft.catalog.lookup import list_model_names
from newft.catalog.question_rules import MAX_ANSWER_CHARACTERS, TRUTH_VALUES, list_choices
from newft.schema.catalog import Catalog
from newft.schema.kit import AnswerText, KitQuestion, Policy
from newft.schema.starter_kit import AskedQuestion, StarterKit
from newft.text import Language, Text

Schema: TypeAlias = dict[str, Any]

# newft reads every scalar as the text that is written, such as a revision of digits.
SCALAR_TYPES = ("string", "number", "boolean")
POLICY_LISTS = {"family": "families", "method": "methods", "hub": "hubs"}
INTEGER_PATTERN = "-?[0-9]{1,18}"
NO_TEXT = Text("", "")
# of truth values, in small and capital letters
_WORDS = (
    "".join(f"[{letter}{letter.upper()}]" for letter in word) for word in sorted(TRUTH_VALUES)
)
_TRUTH_PATTERN = f"^(?:{'|'.join(_WORDS)})$"


def describe_kit_answers(kit: StarterKit, language: Language) -> Schema:
    """Describe the answers to all questions of a kit; those of conditions are described apart."""
    properties: dict[str, Schema] = {}
    required: list[str] = []
    for name in kit.questions.names if kit.questions else ():
        question = find_question(kit, name)
        if question is None:
            properties[name] = {}
            continue
        properties[name] = _describe_texts(question, language)
        if _get_condition(question) is None:
            needed = _needs_answer(kit, name, question)
            properties[name] |= _describe_values(question, needed=needed)
            required += [name] if needed else []
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
        "required": required,
    }


def apply_kit_to_schema(
    schema: Schema, catalog: Catalog, kit: StarterKit, language: Language
) -> None:
    """Set the source, the presets, the locks and the policy of a kit, and what has conditions."""
    _get_property(schema, KIT_KEY)["default"] = kit.pin.source
    for key, value in kit.presets.items():
        _get_property(schema, key)["default"] = _to_json(value)
    for key, lock in kit.locked.items():
        place = _get_property(schema, key)
        locked = _to_json(lock.value)
        if isinstance(locked, list) and len(locked) == 1:  # which may be written without a list
            place["enum"] = [locked, *locked]
        else:
            place["const"] = locked
        if lock.why:
            place["description"] = lock.why.to(language)
    _apply_policy(schema, catalog, kit)
    schema["allOf"] += _list_question_conditions(kit)


def find_question(kit: StarterKit, name: str) -> KitQuestion | AskedQuestion | None:
    """Return a question of a kit.yaml, or of a template as it stands before any answer."""
    for one in kit.chain:
        if name in one.questions:
            return one.questions[name]
    return kit.questions.describe(name, {}) if kit.questions else None


def _needs_answer(kit: StarterKit, name: str, question: KitQuestion | AskedQuestion) -> bool:
    given = f"{KIT_ANSWERS_PREFIX}{name}" in {**kit.presets, **kit.locked}
    if isinstance(question, AskedQuestion) and (question.secret or not question.settled):
        return False  # no file has secrets, and other answers may give a default
    return question.default is None and not given


def _describe_texts(question: KitQuestion | AskedQuestion, language: Language) -> Schema:
    described: Schema = {"title": question.title.to(language)}
    texts = [(question.help or NO_TEXT).to(language)]
    if isinstance(question, KitQuestion) and question.pattern_message:
        texts.append(question.pattern_message.to(language))
    if any(texts):
        described["description"] = "\n".join(filter(None, texts))
    if question.default is not None:
        described["default"] = _to_json(question.default)
    if isinstance(question, AskedQuestion) and question.secret:
        described["writeOnly"] = True
    return described


def _describe_values(question: KitQuestion | AskedQuestion, *, needed: bool) -> Schema:
    """Describe the valid answers; null is no answer, which only a question with default allows."""
    none = [] if needed else [None]
    text: Schema = {"type": [*SCALAR_TYPES, *([] if needed else ["null"])]}
    if isinstance(question, AskedQuestion):
        return _describe_values_of_template(question, text, none)
    if choices := list_choices(question):
        single = {"enum": [*choices, *none]}
        return _allow_several(single) if question.type == "choices" else single
    pattern = INTEGER_PATTERN if question.type == "integer" else question.pattern
    limit = {"maxLength": MAX_ANSWER_CHARACTERS}
    return text | limit | ({"pattern": f"^(?:{pattern})$"} if pattern else {})


def _describe_values_of_template(question: AskedQuestion, text: Schema, none: list[None]) -> Schema:
    """Describe what copier reads as a valid value; validators are not part of a schema."""
    values = [value for value, _ in question.choices]
    single = text
    if question.type == "bool":
        single = {
            "anyOf": [
                {"type": "boolean"},
                {"enum": [0, 1, *none]},
                {"type": "string", "pattern": _TRUTH_PATTERN},
            ]
        }
    elif values and question.settled:
        numbers = [number for value in values if (number := _read_number(value)) is not None]
        single = {"enum": [*values, *numbers, *none]}
    several = question.multiple or question.type in ("json", "yaml")
    return _allow_several(single) if several else single


def _read_number(text: str) -> float | None:
    """Return the number that YAML and JSON have for a text without quotes; None if there is none"""
    try:
        return float(text) if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text) else None
    except OverflowError:
        return None


def _allow_several(single: Schema) -> Schema:
    """Describe a list of values, of which one alone may be written without a list."""
    item: Schema = {"type": [*SCALAR_TYPES]}
    if "enum" in single:
        item = {"enum": [value for value in single["enum"] if value is not None]}
    return {"anyOf": [{"type": "array", "items": item}, single]}


def _get_condition(question: KitQuestion | AskedQuestion) -> dict[str, tuple[str, ...]] | None:
    if not isinstance(question, KitQuestion) or not question.when:
        return None
    return {key: tuple(list_values(value)) for key, value in question.when.items()}


def _list_question_conditions(kit: StarterKit) -> Iterator[Schema]:
    """Yield the questions that are asked where other answers have certain values."""
    for name in kit.questions.names if kit.questions else ():
        question = find_question(kit, name)
        condition = _get_condition(question) if question else None
        if question is None or condition is None:
            continue
        holds = [
            _nest(one, {"enum": [*wanted]}, required=True) for one, wanted in condition.items()
        ]
        needed = _needs_answer(kit, name, question)
        values = _describe_values(question, needed=needed)
        then = _nest(f"{KIT_ANSWERS_PREFIX}{name}", values, required=needed)
        yield {"if": {"allOf": holds}, "then": then}


def _nest(key: str, described: Schema, *, required: bool) -> Schema:
    """Describe the value of a dotted key in a document."""
    for part in reversed(key.split(".", 2)):
        described = {"properties": {part: described}} | ({"required": [part]} if required else {})
    return described


def _apply_policy(schema: Schema, catalog: Catalog, kit: StarterKit) -> None:
    policy = kit.policy or Policy()
    if "family" in kit.locked:
        policy = replace(policy, families=(str(kit.locked["family"].value),))
    for key, name in POLICY_LISTS.items():
        if allowed := getattr(policy, name):
            place = _get_property(schema, key)
            place["enum"] = [value for value in place["enum"] if value in (*allowed, None)]
    place, refused = _get_property(schema, "model"), _list_refused_models(catalog, policy)
    place["examples"] = [name for name in place["examples"] if name not in refused]
    if policy.licenses:  # newft knows the licences of the models of the catalogue alone
        place["enum"] = [*place.pop("examples"), None]
    elif refused:
        place["not"] = {"enum": refused}


def _list_refused_models(catalog: Catalog, policy: Policy) -> list[str]:
    """List the models of the catalogue that a policy does not allow."""
    return [
        name
        for family in catalog.families.values()
        for spec in family.sizes
        if (policy.families and family.id not in policy.families)
        or (policy.licenses and spec.license not in policy.licenses)
        for name in list_model_names(spec)
        if name
    ]


def _to_json(value: AnswerText) -> str | list[str]:
    return value if isinstance(value, str) else [*value]


def _get_property(schema: Schema, key: str) -> Schema:
    """Return the schema of a dotted key; a kit may name a column of a task that comes later."""
    for part in key.split(".", 2):
        schema = schema.setdefault("properties", {}).setdefault(part, {})
    return schema
