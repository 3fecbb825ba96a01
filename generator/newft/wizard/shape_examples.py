"""An example record of each shape, taken from the sample of a task that takes the shape."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from newft.schema.catalog import Catalog
from newft.schema.kit import Kit, Task
from newft.schema.record_shape import SHAPE_TITLES, Shape
from newft.text import Language

# of the shapes that no task takes
_EXAMPLES: Mapping[Shape, Mapping[Language, Mapping[str, str]]] = {
    "question_answer": {
        "en": {"question": "When do you open?", "answer": "At nine, but not on Sundays."},
        "zh": {"问题": "几点开门？", "回答": "九点开门，周日休息。"},
    },
    "dialogue": {
        "en": {"turns": "visitor: Are you open?\nstaff: Until six.\nvisitor: Thank you."},
        "zh": {"对话": "访客：还开门吗？\n员工：开到六点。\n访客：谢谢。"},
    },
    "document": {
        "en": {"article": "Article 1", "text": "These rules are about the use of the hall."},
        "zh": {"条号": "第一条", "条文": "本规则适用于大厅的使用。"},
    },
}


def list_tasks_of_shape(shape: Shape, catalog: Catalog) -> list[str]:
    """List the tasks that take records of a shape, as domain/task."""
    return [f"{kit.id}/{name}" for kit, name, _ in _find_tasks(shape, catalog)]


def get_shape_example(shape: Shape, catalog: Catalog, language: Language) -> dict[str, str]:
    """Return a record of a shape: the first one of the sample of a task that takes it."""
    for kit, _, task in _find_tasks(shape, catalog):
        if language in task.sample:
            return _read_first_record(Path(kit.get_sample(task, language)), task)
    return dict(_EXAMPLES.get(shape, {}).get(language, {}))


def _find_tasks(shape: Shape, catalog: Catalog) -> Iterator[tuple[Kit, str, Task]]:
    assert shape in SHAPE_TITLES
    for kit in catalog.kits.values():
        for name, task in kit.tasks.items():
            if task.shape == shape:
                yield kit, name, task


def _read_first_record(sample: Path, task: Task) -> dict[str, str]:
    """Return the columns of the first record that the fields of a task use; of a table, all."""
    from newft.dataset.column_mapping import open_files
    from newft.dataset.column_match import match_columns

    file = open_files([str(sample)])[0]
    matched = match_columns(file.columns, task.single_fields, known={}).columns.values()
    record = file.preview_rows[0]
    return {name: record[name] for name in record if task.tabular or name in matched}
