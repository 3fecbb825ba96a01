"""Match columns to fields: as the user says, else by name, else by values."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from newft.dataset.name_direction import DirectionStems, are_outcomes, names_outcome, names_the_past
from newft.dataset.name_words import BRACKETED_PATTERN, to_snake_case
from newft.dataset.split_columns import proves_split, speaks_of_splits
from newft.dataset.topic_names import NameKind, tell_name_kind
from newft.emitted.given_splits import read_split_cell
from newft.emitted.normalize import normalize_label
from newft.schema.kit import NO_LABELS, YES_LABELS, Field
from newft.text import CJK_PATTERN

# Match scores. A column below MIN_MATCH_SCORE is ignored. The penalty is subtracted when the values
# do not look like the field; a whole name with the penalty still beats a match by values alone.
EXACT_NAME_SCORE = 1.0
FOLDED_NAME_SCORE = 0.9
CONTAINED_NAME_SCORE = 0.8
# of labels: a word in the name says a topic, or who works on a row where the task knows that name
TOPIC_NAME_SCORE = 0.7
# of yes and no: a word inside the name says an outcome of the task; or the values are outcomes
OUTCOME_SCORE = 0.6
VALUE_ONLY_SCORE = 0.5
VALUE_MISMATCH_PENALTY = 0.35
LISTED_VALUES_PENALTY = 0.45  # of lists that are no labels: only a name as it stands outweighs it
MIN_MATCH_SCORE = 0.5
MAX_GROUP_DISTINCT_SHARE = 0.9  # of the filled cells of a column that groups rows
# a part of a document is repeated for each type of content that is asked about
MIN_EXCERPT_LENGTH, MIN_EXCERPTS = 60, 10
MAX_EXAMPLES = 3
MIN_ROWS_PER_OUTCOME = 2  # on average, as of any label
MAX_VALUES = 12  # of a column that may hold outcomes: the states of a record are fewer
NAME_CACHE_SIZE = 50_000  # each column name is compared with every synonym
# columns whose value scores differ by no more than this are tied
TIE_MARGIN = {
    "text": math.log(1.5),
    "label": 0.1,
    "group": 0.0,
    "context": 0.0,
    "recommendation": 0.0,
}

_WORDS_PATTERN = re.compile(r"[^\W\d_]\s+[^\W\d_]|[\u3400-\u9fff]")
_LETTER_PATTERN = re.compile(r"[^\W\d_]")
# a number, or one word and a number, such as T-10481 or case 7
_NUMBERED_NAME_PATTERN = re.compile(r"[^\W\d]*[\W_]*\d[\d\W_]*")
_TOKEN_PATTERN = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_YES_NO_LABELS = frozenset((*YES_LABELS, *NO_LABELS))
# UUIDs, and hashes as programs print them: they repeat as the rows of one person do, and name none
_HASH_PATTERN = re.compile(
    r"\{?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\}?|(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{16,128}",
    re.IGNORECASE,
)
_REPEATED_NAME_PATTERN = re.compile(r"(.+) \(\d+\)")  # as the readers tell equal headers apart
_ID_NAME_PATTERN = re.compile(r"(?<![a-z])id(?![a-z])|编号$")


@dataclass(frozen=True)
class Column:
    """Statistics of the first values of a column."""

    name: str
    filled: int
    distinct: int
    length: float  # mean number of characters
    letter_share: float  # of the values that have a letter
    word_share: float  # of the values that have Chinese characters or several words
    number_share: float  # of the values that are a number, or one word and a number
    header_in_values: bool
    examples: tuple[str, ...]  # the first distinct values
    nested: bool = False  # some cells hold objects, which are no text
    listed: bool = False  # most cells hold several texts: labels rather than one text
    spelled_in: str = ""  # the column that holds the names of these codes
    repeated: bool = False  # other columns have the same header: together they hold a list
    values: tuple[str, ...] = ()  # all distinct ones, where they are few
    several: int = 0  # cells that hold several texts
    members: int = 0  # distinct texts of all cells, where some hold several


@dataclass(frozen=True)
class ColumnMatch:
    """The columns of one file that were matched to fields."""

    columns: Mapping[str, str]  # field -> column
    guessed: tuple[str, ...]  # fields that were matched by values alone
    missing: tuple[str, ...]  # required fields without a column
    unclear: Mapping[str, tuple[str, ...]]  # required field -> columns that are tied


@dataclass(frozen=True)
class ColumnSurvey:
    """The columns of all files, and the likely columns of each field, best first."""

    columns: tuple[Column, ...]
    likely: Mapping[str, tuple[str, ...]]


def profile_column(
    name: str,
    values: Iterable[str],
    *,
    nested: bool = False,
    listed: bool = False,
    repeated: bool = False,
) -> Column:
    """Compute the statistics of a column."""
    filled = [value.strip() for value in values if value.strip()]
    many, distinct = len(filled) or 1, dict.fromkeys(filled)
    return Column(
        name=name,
        filled=len(filled),
        distinct=len(distinct),
        length=sum(map(len, filled)) / many,
        letter_share=sum(bool(_LETTER_PATTERN.search(value)) for value in filled) / many,
        word_share=sum(bool(_WORDS_PATTERN.search(value)) for value in filled) / many,
        number_share=sum(bool(_NUMBERED_NAME_PATTERN.fullmatch(value)) for value in filled) / many,
        header_in_values=name in distinct,
        examples=tuple(distinct)[:MAX_EXAMPLES],
        nested=nested,
        listed=listed,
        repeated=repeated,
        values=tuple(distinct) if len(distinct) <= MAX_VALUES else (),
    )


def list_repeated_names(names: Sequence[str]) -> frozenset[str]:
    """List the names of columns that had one header in the file, such as `Labels (18)`."""
    headers = {
        name: found[1] for name in names if (found := _REPEATED_NAME_PATTERN.fullmatch(name))
    }
    many = Counter(headers.values())
    return frozenset(name for name, header in headers.items() if many[header] > 1)


def match_columns(
    columns: Sequence[Column], fields: Mapping[str, Field], *, known: Mapping[str, Sequence[str]]
) -> ColumnMatch:
    """Match each field to one column; the first of its `known` columns that exists is taken."""
    names = [column.name for column in columns]
    found = {
        field: next(name for name in known[field] if name in names)
        for field in fields
        if any(name in names for name in known.get(field, ()))
    }
    guessed: list[str] = []
    unclear: dict[str, tuple[str, ...]] = {}
    fixed = {*found}
    wanted = [field for field in fields if field not in found]
    for field in sorted(wanted, key=lambda field: -_find_best_columns(columns, fields[field])[0]):
        free = [column for column in columns if column.name not in found.values()]
        score, best = _find_best_columns(free, fields[field])
        if len(best) == 1:
            found[field] = best[0]
            guessed += [field] if _is_guess(best[0], score, fields[field]) else []
        elif best and fields[field].required:
            unclear[field] = best
    for field, column in _find_names_of_codes(columns, fields, {**found}, unclear):
        if field not in fixed and column not in found.values():
            found[field] = column
            unclear.pop(field, None)
    for field in _find_doubtful_labels(columns, fields, found, guessed):
        guessed.remove(field)
        del found[field]
    missing = [f for f in fields if fields[f].required and f not in found and f not in unclear]
    ordered = {field: found[field] for field in fields if field in found}
    return ColumnMatch(ordered, tuple(guessed), tuple(missing), unclear)


def _is_guess(name: str, score: float, field: Field) -> bool:
    """Tell whether a column was found by its values, or by a word in its name that many have."""
    by_topic = score == TOPIC_NAME_SCORE and not score_name(name, field.synonyms)[0]
    return by_topic or score <= VALUE_ONLY_SCORE


def _find_names_of_codes(
    columns: Sequence[Column],
    fields: Mapping[str, Field],
    found: Mapping[str, str],
    unclear: Mapping[str, Sequence[str]],
) -> Iterator[tuple[str, str]]:
    """Yield label fields that have codes, or codes and names alike, with the column of names."""
    spelled_in = {column.name: column.spelled_in for column in columns if column.spelled_in}
    for field in fields:
        among = [found[field]] if field in found else [*unclear.get(field, ())]
        names = {spelled_in.get(name, name) for name in among}
        if fields[field].role == "label" and len(names) == 1 and names != {*among}:
            yield field, names.pop()


def _find_doubtful_labels(
    columns: Sequence[Column],
    fields: Mapping[str, Field],
    found: Mapping[str, str],
    guessed: Sequence[str],
) -> list[str]:
    """Return label fields matched by values where the text is a list, as of a dialogue's turns.

    Values that repeat beside a dialogue may say anything of it: its topic, its state, its outcome.
    """
    listed = {column.name for column in columns if column.listed}
    texts = {column for field, column in found.items() if fields[field].role == "text"}
    return [field for field in guessed if fields[field].role == "label" and texts & listed]


def is_id_column(column: Column) -> bool:
    """Tell whether every value differs and identifies a row rather than measures something."""
    has_codes = column.number_share > 0.5 and column.letter_share > 0.5
    has_id_name = bool(_ID_NAME_PATTERN.search(to_snake_case(column.name)))
    return (has_codes or has_id_name) and column.distinct == column.filled


def is_text_column(column: Column) -> bool:
    """Tell whether most values have words, and few values repeat or they are longer than labels."""
    excerpts = column.length > MIN_EXCERPT_LENGTH and column.distinct >= MIN_EXCERPTS
    return column.word_share > 0.5 and (excerpts or column.distinct > column.filled * 0.3)


def is_single_word(synonym: str) -> bool:
    """Tell whether a synonym is one word; a Chinese word has at most three characters."""
    return (
        len(synonym) <= 3
        if CJK_PATTERN.search(synonym)
        else len(_TOKEN_PATTERN.findall(synonym)) == 1
    )


def _find_best_columns(columns: Sequence[Column], field: Field) -> tuple[float, tuple[str, ...]]:
    """Return the highest score and the columns that have it; several columns are a tie."""
    scored = [(*_score_column(column, field), column) for column in columns]
    scored = [entry for entry in scored if entry[0] >= MIN_MATCH_SCORE]
    scored = [entry for entry in scored if entry[-1].filled] or scored  # an empty one comes last
    if not scored:
        return 0.0, ()
    top = max(entry[:2] for entry in scored)
    best = [column for *score, column in scored if tuple(score) == top]
    value_scores = sorted((_value_score(column, field) for column in best), reverse=True)
    if len(best) > 1 and value_scores[0] - value_scores[1] > TIE_MARGIN[field.role]:
        best = [max(best, key=lambda column: _value_score(column, field))]
    return top[0], tuple(column.name for column in best)


def _score_column(column: Column, field: Field) -> tuple[float, int]:
    """Return the match score and the negated position of the synonym: earlier ones win ties."""
    if column.nested and not column.filled:
        return 0.0, 0  # whatever its name: there is nothing to read in it
    score, place = score_name(column.name, field.synonyms)
    if score == CONTAINED_NAME_SCORE and field.role == "label" and names_the_past(column.name):
        score = 0.0
    if not field.required:
        return _score_optional(column, score), place
    if field.role == "label":
        return _score_label(column, field, score, place)
    if score:
        return score - (0 if _values_plausible(column, field) else VALUE_MISMATCH_PENALTY), place
    return _score_values(column, field, None, named=False)


def _score_optional(column: Column, score: float) -> float:
    """Score a column that groups rows: a single value separates nothing, and a row id neither."""
    if score < FOLDED_NAME_SCORE or not 2 <= column.distinct < column.filled:
        return 0.0
    # almost unique values are probably row ids: used only if no other column groups rows
    repeats = column.distinct <= column.filled * MAX_GROUP_DISTINCT_SHARE
    return score - (0 if repeats else VALUE_MISMATCH_PENALTY)


def _score_label(column: Column, field: Field, score: float, place: int) -> tuple[float, int]:
    """Score a column as the label by its values and by what its name speaks of."""
    if not _may_hold_labels(column, field) or (score < EXACT_NAME_SCORE and _names_splits(column)):
        return 0.0, 0
    kind = tell_name_kind(column.name) if _speaks_of_topics(field) else None
    if score and kind != "handling":
        if kind == "route":
            score, place = min(score, TOPIC_NAME_SCORE), 0
        penalty = LISTED_VALUES_PENALTY if column.listed else VALUE_MISMATCH_PENALTY
        return score - (0 if _values_plausible(column, field) else penalty), place
    if field.stems:  # that is scored: most columns of a table repeat, and are no labels
        return (OUTCOME_SCORE if tells_outcome(column, field) else 0.0), 0
    return _score_values(column, field, kind, named=score > 0)


def _score_values(
    column: Column, field: Field, kind: NameKind | None, *, named: bool
) -> tuple[float, int]:
    """Score a column by its values; what says how rows are handled comes last, even if `named`."""
    words = column.letter_share > 0.5 and column.number_share <= 0.5  # no repeated id
    if not (words or named) or _names_splits(column) or not _values_plausible(column, field):
        return 0.0, 0
    if kind == "topic":
        return TOPIC_NAME_SCORE, 0
    return VALUE_ONLY_SCORE, -1 if kind == "handling" else 0


def _speaks_of_topics(field: Field) -> bool:
    """Tell whether a label says what a row is about: no outcome, and none of a known list."""
    return field.role == "label" and not field.stems and not field.typical


def _may_hold_labels(column: Column, field: Field) -> bool:
    """Tell whether a column can hold labels, whatever its name: hashes do not, and lists seldom."""
    if column.examples and all(map(_HASH_PATTERN.fullmatch, column.examples)):
        return False
    return field.several or not (column.listed or column.repeated)


def tells_outcome(column: Column, field: Field) -> bool:
    """Tell whether a column holds the outcome that a label scores, whatever its name is."""
    if field.role != "label" or not field.stems:
        return False
    return _asks_for_outcome(column, field) or _holds_outcomes(column, field)


def _holds_outcomes(column: Column, field: Field) -> bool:
    """Tell whether the values are outcomes, and the name says nothing of an earlier time."""
    if column.distinct < 2 or not column.values or names_the_past(column.name):
        return False
    positive = tuple(stem for stem in field.stems if stem not in field.negative_stems)
    stems = DirectionStems(positive, field.negative_stems, field.indeterminate_stems)
    repeats = column.distinct <= column.filled / MIN_ROWS_PER_OUTCOME
    return repeats and are_outcomes(column.values, stems)


def _asks_for_outcome(column: Column, field: Field) -> bool:
    """Tell whether a column says yes or no to an outcome of the task, as `not.fully.paid` does."""
    values = {normalize_label(value) for value in column.examples}
    yes_or_no = len(values) == column.distinct == 2 and values <= _YES_NO_LABELS
    return yes_or_no and names_outcome(column.name, field.stems)


def _names_splits(column: Column) -> bool:
    """Tell whether the values are words such as train and test."""
    read = read_split_cell if speaks_of_splits(column.name) else proves_split
    return bool(column.examples) and all(map(read, column.examples))


def score_name(name: str, synonyms: Sequence[str]) -> tuple[float, int]:
    """Score a name against synonyms; the order of synonyms counts for whole names only.

    The last part of a dotted name, such as `meta.accusation`, names what an object holds.
    """
    if name in synonyms:
        return EXACT_NAME_SCORE, -synonyms.index(name)
    folded = [_fold_column_name(synonym) for synonym in synonyms]
    for part in (name, name.rpartition(".")[2]):
        if (whole := _fold_column_name(part)) and whole in folded:
            return FOLDED_NAME_SCORE, -folded.index(whole)
    contained = any(contains_words(name, synonym) for synonym in synonyms)
    return (CONTAINED_NAME_SCORE if contained else 0.0), 0


@lru_cache(maxsize=NAME_CACHE_SIZE)
def _fold_column_name(name: str) -> str:
    """Remove case, width, punctuation and bracketed remarks from a name."""
    return re.sub(
        r"[\W_]+", "", BRACKETED_PATTERN.sub("", unicodedata.normalize("NFKC", name))
    ).casefold()


def contains_words(name: str, synonym: str) -> bool:
    """Tell whether a name contains all words of a synonym; Chinese has no spaces between words."""
    if CJK_PATTERN.search(synonym):
        return len(synonym) > 1 and synonym in name
    return _tokenize_name(synonym) <= _tokenize_name(name)


@lru_cache(maxsize=NAME_CACHE_SIZE)
def _tokenize_name(name: str) -> frozenset[str]:
    """Return the words of a name in the singular."""
    return frozenset(token.lower().removesuffix("s") for token in _TOKEN_PATTERN.findall(name))


def _values_plausible(column: Column, field: Field) -> bool:
    """Tell whether the values look like the field: few short labels, or texts that vary."""
    if field.role == "label":
        rows_per_value = 10 if column.number_share > 0.5 else 2  # numbers with few rows are ids
        distinct = column.members if field.several and column.several else column.distinct
        return 2 <= distinct <= column.filled / rows_per_value and column.length <= 40
    return is_text_column(column) and not column.listed


def _value_score(column: Column, field: Field) -> float:
    """Score how much the values look like the field, to break ties between names."""
    if field.role == "label":
        return 1 - column.distinct / max(column.filled, 1)
    return math.log(max(column.length, 1))
