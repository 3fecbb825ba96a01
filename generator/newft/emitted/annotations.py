"""What annotation tools write beside a text: what people decided, not what a model guessed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

# what people said, by tool
ANNOTATION_KEYS = ("annotations", "annotation", "completions", "responses")
GUESS_KEYS = ("predictions", "prediction", "suggestions")  # what a model said, beside it
DECISION_KEY, DECISIONS = "answer", frozenset({"accept", "reject", "ignore"})  # of Prodigy
DECIDED_KEYS = ("accept", "label")  # that a decision is about
PAIR_KEYS = ("id", "name", "key", "field")  # that name the value of a pair
RECORDS_INSPECTED = 100  # that say whether a file was annotated

Record = Mapping[str, object]


def read_annotations(annotations: Sequence[Record]) -> dict[str, object]:
    """The choices of Label Studio's annotations by their name; of those who disagree, all.

    An annotation that was cancelled says nothing.
    """
    columns: dict[str, list[object]] = {}
    for one in annotations:
        if not one.get("was_cancelled"):
            for name, value in _iterate_choices(one):
                columns.setdefault(name, [])
                columns[name] += [value] if value not in columns[name] else []
    return {
        name: values[0] if len(values) == 1 else _join(values) for name, values in columns.items()
    }


def _iterate_choices(annotation: Record) -> Iterator[tuple[str, object]]:
    results = annotation.get("result")
    for result in results if isinstance(results, list) else ():
        if isinstance(result, dict) and isinstance(value := result.get("value"), dict):
            yield (
                str(result.get("from_name")),
                value.get(str(result.get("type")), value.get("text")),
            )


def _join(values: Iterable[object]) -> list[object]:
    """The members of all lists."""
    return [one for value in values for one in (value if isinstance(value, list) else [value])]


def read_pairs(objects: Sequence[Record]) -> dict[str, object]:
    """The values of a list of pairs by their names, as help desks write their own fields."""
    name = next(
        (key for key in PAIR_KEYS if all({key, "value"} == {*one} for one in objects)), None
    )
    if name is None:
        return {}
    names = [one[name] for one in objects]
    if len({*map(str, names)}) < len(names) or not all(
        isinstance(one, (str, int)) for one in names
    ):
        return {}
    return {str(one[name]): one["value"] for one in objects}


def drop_guesses(record: Record) -> Record:
    """A record without what a model guessed, where people annotate."""
    if not any(key in record for key in ANNOTATION_KEYS):
        return record
    return {key: value for key, value in record.items() if key not in GUESS_KEYS}


def lacks_annotations(records: Iterable[object]) -> bool:
    """Whether the records of an annotation tool were annotated by nobody yet."""
    first = [*islice(records, RECORDS_INSPECTED)]
    tasks = [one for one in first if isinstance(one, dict) and _is_task(one)]
    return bool(tasks) and len(tasks) == len(first) and not any(map(_is_annotated, tasks))


def _is_task(record: Record) -> bool:
    """Whether a record has a place for annotations, beside its data or what a model guessed."""
    beside = ("data", "fields", *GUESS_KEYS)
    return any(key in record for key in ANNOTATION_KEYS) and any(key in record for key in beside)


def _is_annotated(record: Record) -> bool:
    return any(bool(record.get(key)) for key in ANNOTATION_KEYS)


def has_decision(record: Record) -> bool:
    """Whether a record says if a person accepted its label."""
    decided = record.get(DECISION_KEY) in DECISIONS and any(key in record for key in DECIDED_KEYS)
    return decided and "text" in record


def read_decision(record: Record) -> Iterator[Record]:
    """The record without its decision, and without the label where that was not accepted."""
    accepted = record.get(DECISION_KEY) == "accept"
    yield {
        key: value if accepted or key not in DECIDED_KEYS else None
        for key, value in record.items()
        if key != DECISION_KEY
    }
