"""Known shapes of lists of objects: turns of a chat, questions about paragraphs, pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice

from .annotations import has_decision, read_decision

ROLE_KEYS = (
    *("role", "from", "speaker", "sender", "author"),
    *("sender_type", "senderType", "sourceType", "角色", "发言人", "说话人"),
)
CONTENT_KEYS = (
    *("content", "value", "text", "message", "utterance", "body"),
    *("parts", "内容", "发言", "文本"),
)
USER_ROLES = frozenset(
    {"user", "usr", "human", "customer", "client", "visitor", "caller", "buyer", "prompter"}
    | {"用户", "客户", "访客", "顾客", "买家"}
)
# `sys` is the side that answers in task-oriented dialogues; a system prompt is `system`
ASSISTANT_ROLES = frozenset(
    {"assistant", "gpt", "chatgpt", "bot", "chatbot", "agent", "model", "operator", "staff", "sys"}
    | {"客服", "坐席", "机器人", "助手"}
)
OTHER_ROLES = frozenset(
    {"system", "developer", "tool", "function", "observation", "context", "系统"}
)
SCORED_KEYS = ("cats", "categories", "labels", "label", "classes")  # an object of label: 0 or 1
EXAMPLE_KEYS = (
    *("patterns", "examples", "utterances", "queries", "texts", "samples", "相似问"),
    *("trainingPhrases", "training_phrases", "sampleUtterances", "userSays"),
)
EXAMPLE_TEXT_KEYS = ("text", "utterance", "parts", "data")  # of an example that is an object
PAGE_KEYS = ("next_page", "previous_page", "pages", "next", "has_more", "total_count")
MAX_CONTEXT_CHARS = 8_000  # of a text that is asked about; a whole document has more
ROWS_INSPECTED = 100  # that say which shape the records have
_QUOTED_PATTERN = re.compile('["“]([^"”]{2,60})["”]')

Record = Mapping[str, object]


def read_turns(turns: Sequence[Record]) -> dict[str, object]:
    """What the user says before the last answer of a chat, and all answers; empty for no chat.

    Several turns stay a list: a dialogue is not one message with its label.
    """
    role_key = next((key for key in ROLE_KEYS if all(key in turn for turn in turns)), None)
    content_key = next((key for key in CONTENT_KEYS if all(key in turn for turn in turns)), None)
    if role_key is None or content_key is None:
        return {}
    roles = [str(turn[role_key]).strip().casefold() for turn in turns]
    known = USER_ROLES | ASSISTANT_ROLES | OTHER_ROLES
    if not all(role in known for role in roles):
        return {}
    texts = [_read_content(turn[content_key]) for turn in turns]
    answers = [place for place, role in enumerate(roles) if role in ASSISTANT_ROLES]
    end = answers[-1] if answers else len(turns)
    asked = [text for text, role in zip(texts[:end], roles, strict=False) if role in USER_ROLES]
    columns: dict[str, object] = {"user_turn": [*filter(None, asked)]} if asked else {}
    return columns | ({"assistant_turn": [texts[place] for place in answers]} if answers else {})


def read_wrapped(name: str, value: Record) -> object:
    """What an object says that wraps one value or scores labels; None for any other object."""
    if len(value) == 1:
        (key, inner), *_ = value.items()
        # Label Studio writes several choices so, and a dump of MongoDB numbers and dates
        return inner if key == "choices" or key.startswith("$") else None
    scores = [one for one in value.values() if isinstance(one, (int, float)) and one in (0, 1)]
    if name.rpartition(".")[2] in SCORED_KEYS and len(scores) == len(value) and value:
        return [key for key, one in value.items() if one]
    return None


def find_expansion(records: Sequence[object]) -> str | None:
    """The shape of records that each hold several rows, where most of them have it."""
    first = [one for one in islice(records, ROWS_INSPECTED) if isinstance(one, dict)]
    for name, (test, _) in EXPANSIONS.items():
        if first and sum(map(test, first)) * 2 > len(first):
            return name
    return None


def expand_records(records: Iterator[object], shape: str) -> Iterator[object]:
    """The rows of records of a shape, one after another."""
    test, expand = EXPANSIONS[shape]
    for record in records:
        if isinstance(record, dict) and test(record):
            yield from expand(record)
        else:
            yield record


def _read_content(content: object, between: str = "\n") -> str:
    """The text of a turn, which may be a list of parts of which some are texts."""
    if isinstance(content, list):
        parts = [part.get("text") if isinstance(part, dict) else part for part in content]
        return between.join(part for part in parts if isinstance(part, str)).strip()
    return content.strip() if isinstance(content, str) else ""


def _asks_of_contexts(record: Record) -> bool:
    """Whether all questions of a record ask if a short text is of the type that they quote."""
    paragraphs = _list_objects(record, "paragraphs") or [record]
    asked = [str(q.get("question")) for one in paragraphs for q in _list_objects(one, "qas")]
    short = all(len(str(one.get("context") or "")) <= MAX_CONTEXT_CHARS for one in paragraphs)
    return bool(asked) and short and all(map(_QUOTED_PATTERN.search, asked))


def _expand_contexts(record: Record) -> Iterator[Record]:
    """A row for each question: whether the text is of the quoted type."""
    shared = {name: value for name, value in record.items() if not isinstance(value, (list, dict))}
    for paragraph in _list_objects(record, "paragraphs") or [record]:
        for question in _list_objects(paragraph, "qas"):
            quoted = _QUOTED_PATTERN.search(str(question.get("question")))
            found = _list_objects(question, "answers") and not question.get("is_impossible")
            yield shared | {
                "text": paragraph.get("context"),
                "type": quoted[1] if quoted else None,
                "answer": "yes" if found else "no",
            }


def _has_questions(record: Record) -> bool:
    return "qas" in record or any("qas" in one for one in _list_objects(record, "paragraphs"))


def _expand_questions(record: Record) -> Iterator[Record]:
    """A row for each question of a paragraph; what is quoted is the type of a text."""
    shared = {name: value for name, value in record.items() if not isinstance(value, (list, dict))}
    for paragraph in _list_objects(record, "paragraphs") or [record]:
        for question in _list_objects(paragraph, "qas"):
            asked = str(question.get("question") or "")
            answers = _list_objects(question, "answers")
            texts = [one["text"] for one in answers if isinstance(one.get("text"), str)]
            quoted = _QUOTED_PATTERN.search(asked)
            if quoted:  # as CUAD asks: the parts "related to "Governing Law""
                for text in dict.fromkeys(texts):
                    yield shared | {"type": quoted[1], "text": text}
                continue
            yield shared | {
                "context": paragraph.get("context"),
                "question": asked,
                "answer": texts[0] if texts else None,
            }


def _has_examples(record: Record) -> bool:
    """Whether a record is a label with its texts, as a chat bot is taught."""
    return _find_examples(record) is not None


def _find_examples(record: Record) -> str | None:
    """The list of texts of a record, or of objects that each hold a text and no role."""
    for key in EXAMPLE_KEYS:
        texts = record.get(key)
        if isinstance(texts, list) and texts and all(map(_read_example, texts)):
            objects = _list_objects(record, key)
            if len(objects) in (0, len(texts)) and not (objects and read_turns(objects)):
                return key
    return None


def _read_example(example: object) -> str:
    """The text of an example, which may be an object with a text or with the parts of one."""
    if isinstance(example, dict):
        key = next((key for key in EXAMPLE_TEXT_KEYS if key in example), None)
        return _read_content(example[key], "") if key else ""
    return example if isinstance(example, str) else ""


def _expand_examples(record: Record) -> Iterator[Record]:
    key = _find_examples(record) or ""
    texts = record.get(key)
    shared = {name: value for name, value in record.items() if not isinstance(value, (list, dict))}
    for text in texts if isinstance(texts, list) else ():
        yield shared | {key: _read_example(text)}


def _is_page(record: Record) -> bool:
    return any(key in record for key in PAGE_KEYS) and _find_longest(record) is not None


def _find_longest(record: Record) -> str | None:
    """The list of objects that a page of an interface holds."""
    lists = {key: len(_list_objects(record, key)) for key in record}
    best = max(lists, key=lists.__getitem__, default=None)
    return best if best and lists[best] > 1 else None


def _expand_page(record: Record) -> Iterator[Record]:
    yield from _list_objects(record, _find_longest(record) or "")


def _list_objects(record: Record, key: str) -> list[Record]:
    value = record.get(key)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


Expansion = tuple[Callable[[Record], bool], Callable[[Record], Iterator[Record]]]
EXPANSIONS: dict[str, Expansion] = {
    "decisions": (has_decision, read_decision),
    "contexts": (_asks_of_contexts, _expand_contexts),
    "questions": (_has_questions, _expand_questions),
    "examples": (_has_examples, _expand_examples),
    "pages": (_is_page, _expand_page),
}
