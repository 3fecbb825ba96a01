"""The JSON Schema of a file of answers, for editors, CI jobs and forms.

A file that the schema refuses is refused by `newft new --answers`. The reverse does not hold: what
depends on data files, on models outside of the catalogue or on the hardware is known only then.
The schema describes nested keys; newft also reads their short form, such as `data.positive: bad`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from newft.answers.keys import (
    ADVICE_PREFIX,
    ANSWER_KEYS,
    COLUMNS_PREFIX,
    KIT_ANSWERS_PREFIX,
    NO_CHOICE,
    RECIPE_PREFIX,
    RECIPE_SETTINGS,
    RECORDED_KEYS,
    ROI_PREFIX,
    UNKNOWN_VALUE,
    AnswerKey,
)
from newft.catalog.kit_schema import (
    SCALAR_TYPES,
    Schema,
    apply_kit_to_schema,
    describe_kit_answers,
)
from newft.catalog.lookup import list_model_names, list_names
from newft.i18n import Messages
from newft.schema.advice import Factor
from newft.schema.catalog import Catalog
from newft.schema.kit import GENERAL_POSITIVE_TITLE, Kit
from newft.schema.roi import ROI_SETTINGS, Figure
from newft.text import Language

DIALECT = "https://json-schema.org/draft/2020-12/schema"
# Letters, digits, spaces, `-` and `_`; `newft.decide.project_name` also knows reserved names.
NAME_PATTERN = r"^[^\s!-/:-@\[-`{-~]([^\t\n\r!-,./:-@\[-^`{-~]*[^\s!-,./:-@\[-^`{-~])?$"
MAX_NAME_LENGTH = 40
LOCAL_MODEL_PATTERN = r"^([/~]|\.{1,2}(/|$)|[A-Za-z]:)|\\"  # of models that come from no hub


def build_answers_schema(catalog: Catalog, messages: Messages) -> Schema:
    """Return the schema of the answers for the domains and the starter kit of a catalogue."""
    language, kit = messages.language, catalog.starter_kit
    schema: Schema = {
        "$schema": DIALECT,
        "title": messages("schema.title"),
        "description": messages("schema.about"),
        "type": "object",
        "additionalProperties": False,
        "properties": {},
    }
    for entry in ANSWER_KEYS:
        _add_property(schema, entry.key, _describe_key(entry, catalog, messages))
    for key in RECORDED_KEYS:
        text = messages(f"schema.{key.rpartition('.')[2]}")
        _add_property(schema, key, {"title": text, **_make_text_type()})
    columns = {name: _make_text_type() for name in _list_fields(catalog)}
    _add_property(
        schema, COLUMNS_PREFIX.rstrip("."), _make_group(columns, messages("schema.columns"))
    )
    recipe = _make_group(
        {name: _make_values_type() for name in RECIPE_SETTINGS}, messages("schema.recipe")
    )
    recipe["additionalProperties"] = _make_values_type()  # the values of the method's own section
    _add_property(schema, RECIPE_PREFIX.rstrip("."), recipe)
    factors = {
        name: _describe_factor(factor, language) for name, factor in catalog.advice.factors.items()
    }
    _add_property(
        schema, ADVICE_PREFIX.rstrip("."), _make_group(factors, messages("schema.advice"))
    )
    figures = {
        **{name: _make_text_type() for name in ROI_SETTINGS},
        **{name: _describe_figure(figure, language) for name, figure in catalog.figures.items()},
    }
    _add_property(schema, ROI_PREFIX.rstrip("."), _make_group(figures, messages("schema.roi")))
    answers = describe_kit_answers(kit, language) if kit else {"type": "object"}
    answers["title"] = messages("schema.kit_answers")
    _add_property(schema, KIT_ANSWERS_PREFIX.rstrip("."), answers)
    if answers.get("required"):
        schema["properties"]["kit"]["required"] = ["answers"]
        schema["required"] = ["kit"]
    schema["allOf"] = [
        *_list_task_conditions(catalog, language),
        *_list_family_conditions(catalog),
        *_list_model_conditions(catalog),
    ]
    if kit:
        apply_kit_to_schema(schema, catalog, kit, language)
    return schema


def _add_property(schema: Schema, key: str, described: Schema) -> None:
    """Add the schema of a dotted key; the groups above it are objects without other keys."""
    *groups, name = key.split(".")
    place = schema
    for group in groups:
        place = place["properties"].setdefault(group, _make_group({}, group))
    place["properties"][name] = described


def _make_group(properties: Mapping[str, Schema], title: str) -> Schema:
    return {
        "title": title,
        "type": "object",
        "additionalProperties": False,
        "properties": dict(properties),
    }


def _make_text_type() -> Schema:
    return {"type": [*SCALAR_TYPES, "null"], "minLength": 1}


def _allow_several_choices(entry: AnswerKey) -> Schema:
    """Describe a list of choices, of which one alone may be written without a list."""
    assert entry.choices
    others = [choice for choice in entry.choices if choice != NO_CHOICE]
    lists: list[Schema] = [{"type": "array", "items": {"enum": others}}]
    if NO_CHOICE in entry.choices:  # never beside another choice
        lists.append({"type": "array", "items": {"const": NO_CHOICE}})
    return {"anyOf": [*lists, {"enum": [*entry.choices, None]}]}


def _make_values_type() -> Schema:
    items = {"type": [*SCALAR_TYPES], "minLength": 1}
    return {"type": ["array", *SCALAR_TYPES, "null"], "minLength": 1, "items": items}


def _describe_factor(factor: Factor, language: Language) -> Schema:
    """Describe a factor of the advice, which may be stated to be unknown."""
    texts: Schema = {
        "title": factor.title.to(language),
        "description": factor.question.to(language),
    }
    if factor.choices:
        return texts | {"enum": [*factor.choices, UNKNOWN_VALUE, None]}
    return texts | _make_text_type()


def _describe_figure(figure: Figure, language: Language) -> Schema:
    """Describe a figure of the cash flow: one number, or low, base and high."""
    texts = {"title": figure.title.to(language), "description": figure.why.to(language)}
    spread = {"type": "array", "minItems": 3, "maxItems": 3, "items": {"type": [*SCALAR_TYPES]}}
    return texts | {"anyOf": [_make_text_type(), spread]}


def _describe_key(entry: AnswerKey, catalog: Catalog, messages: Messages) -> Schema:
    """Describe one key: its texts, and the values that it may have."""
    language = messages.language
    described: Schema = {"title": entry.help.to(language)}
    if entry.question:
        positive = GENERAL_POSITIVE_TITLE.to(language)
        question = messages(f"questions.{entry.question}.text", positive=positive)
        help_text = messages(f"questions.{entry.question}.help")
        described["description"] = f"{question}\n{help_text}"
    if entry.choices:
        titles = [f"- {value}: {title.to(language)}" for value, title in entry.choices.items()]
        described["description"] = "\n".join([*_list_description(described), *titles])
        single: Schema = {"enum": [*entry.choices, None]}
        return described | (_allow_several_choices(entry) if entry.repeatable else single)
    names = list_names(entry.names, catalog) if entry.names else []
    if names and not entry.allow_other:
        return described | {"enum": [*dict.fromkeys(names), None]}
    if entry.repeatable:
        return described | _make_values_type()
    if entry.key == "name":
        pattern = {"maxLength": MAX_NAME_LENGTH, "pattern": NAME_PATTERN}
        return described | _make_text_type() | pattern
    if entry.key == "model":
        names = [name for models in _list_models(catalog).values() for name in models]
    return described | _make_text_type() | ({"examples": names} if names else {})


def _list_description(described: Schema) -> list[str]:
    return [described["description"]] if "description" in described else []


def _list_models(catalog: Catalog) -> dict[str, list[str]]:
    """Return the names of the models of each family."""
    return {
        family.id: [
            *dict.fromkeys(name for spec in family.sizes for name in list_model_names(spec) if name)
        ]
        for family in catalog.families.values()
    }


def _list_fields(catalog: Catalog) -> list[str]:
    """Return the fields of all tasks, in their order, that a column can be named for."""
    tasks = (task for kit in catalog.kits.values() for task in kit.tasks.values())
    return [*dict.fromkeys(name for task in tasks for name in task.single_fields)]


def _list_task_conditions(catalog: Catalog, language: Language) -> Iterator[Schema]:
    """Yield the tasks of each domain, and the fields of each task."""
    count = [task for kit in catalog.kits.values() for task in kit.tasks]
    for kit in catalog.kits.values():
        tasks: Schema = {"enum": [*kit.tasks, None]}
        yield _make_condition({"domain": {"const": kit.id}}, {"task": tasks})
        for name in kit.tasks:
            keys = {"task": {"const": name}, "domain": {"const": kit.id}}
            # a task of one domain alone is enough to know the domain
            required = ["task"] if count.count(name) == 1 else ["task", "domain"]
            columns = {"columns": _describe_columns(kit, name, language)}
            yield _make_condition(keys, {"data": {"properties": columns}}, required=required)


def _describe_columns(kit: Kit, task: str, language: Language) -> Schema:
    fields = kit.tasks[task].single_fields
    titles = {name: {"title": field.title.to(language)} for name, field in fields.items()}
    return {"propertyNames": {"enum": [*fields]}, "properties": titles}


def _make_condition(
    keys: Mapping[str, Schema], then: Mapping[str, Schema], *, required: Sequence[str] = ()
) -> Schema:
    """Make a condition: where these keys have these values, others are limited."""
    return {
        "if": {"properties": dict(keys), "required": [*(required or keys)]},
        "then": {"properties": dict(then)},
    }


def _list_family_conditions(catalog: Catalog) -> Iterator[Schema]:
    """Yield the family of the models that the catalogue lists."""
    for family, models in _list_models(catalog).items():
        yield _make_condition({"model": {"enum": models}}, {"family": {"enum": [family, None]}})


def _list_model_conditions(catalog: Catalog) -> Iterator[Schema]:
    """Yield what a model outside of the catalogue needs, and what only a model of a hub has."""
    listed = [name for models in _list_models(catalog).values() for name in models]
    other = {"model": {"type": [*SCALAR_TYPES], "not": {"enum": listed}}}
    kit = catalog.starter_kit
    if not (kit and "family" in {**kit.presets, **kit.locked}):
        yield {
            "if": {"properties": other, "required": ["model"]},
            "then": {"required": ["family"], "properties": {"family": {"type": "string"}}},
        }
    local = {"anyOf": [{"const": "embedded"}, {"type": "string", "pattern": LOCAL_MODEL_PATTERN}]}
    none = {"type": "null"}
    yield _make_condition({"model": local}, {"hub": none, "revision": none})
