"""The classical baseline: what a language model has to beat to be worth its cost."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Sequence
from itertools import pairwise

from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from .data.quantities import has_letter_scales, read_quantity
from .data.table_fields import MISSING_MARK
from .evaluation.predictions import Predictions
from .runtime.messages import fill
from .task import TaskConfig

TITLE = fill("one-hot + logistic regression")
MAX_FOLDS = 3  # of the cross-validation, where every level has as many rows
# Chinese has no spaces: a character is a word; < 1 year is less than 1 year
WORD_PATTERN = re.compile(r"[\u3400-\u9fff<>]|[^\W_\u3400-\u9fff]+")

Features = dict[str, float]


def fit_predict(
    texts: Sequence[str], answers: Sequence[str], questions: Sequence[str], task: TaskConfig
) -> Predictions:
    """The answers to the questions, learned from applications and answers.

    The level is learned; its recommendation is the one that most often goes with it.
    """
    levels = [answer.partition("\n")[0] for answer in answers]
    model = make_pipeline(
        DictVectorizer(), StandardScaler(with_mean=False), _make_classifier(levels)
    )
    amounts = find_letter_scale_fields(texts)
    model.fit([extract_features(text, amounts) for text in texts], levels)
    asked = [extract_features(text, amounts) for text in questions]
    usual = {
        level: Counter(a for a, of in zip(answers, levels, strict=True) if of == level)
        for level in set(levels)
    }
    given = [usual[str(level)].most_common(1)[0][0] for level in model.predict(asked)]
    return Predictions(given, [str(level) for level in model.classes_], model.predict_proba(asked))


def find_letter_scale_fields(texts: Iterable[str]) -> frozenset[str]:
    """The lines in whose values m, b and w are scales, as all values of a line together tell."""
    values: defaultdict[str, list[str]] = defaultdict(list)
    for text in texts:
        for line in text.split("\n"):
            name, _, value = line.partition(": ")
            values[name].append(value)
    return frozenset(name for name, among in values.items() if has_letter_scales(among))


def extract_features(text: str, amounts: Container[str] = ()) -> Features:
    """The lines of an application: the quantity of each value, its other words, pairs of them."""
    found: Features = {}
    for line in text.split("\n"):
        name, _, value = line.partition(": ")
        if value == MISSING_MARK:
            found[f"{name} is not given"] = 1.0  # the number that is not there counts as 0
            continue
        value = unicodedata.normalize("NFKC", value).strip().casefold()
        if quantity := read_quantity(value, letters=name in amounts):
            found[name] = quantity.value
            value = quantity.words
        words = WORD_PATTERN.findall(value)
        pairs = [" ".join(pair) for pair in pairwise(words)]
        found |= {f"{name} has {each}": 1.0 for each in (*words, *pairs)}
    return found


def _make_classifier(levels: Sequence[str]) -> DummyClassifier | LogisticRegression | GridSearchCV:
    """What learns the levels, with C chosen by cross-validation where there are rows for it."""
    rows = Counter(levels)
    if len(rows) == 1:
        return DummyClassifier(strategy="prior")  # there is one answer to learn
    model = LogisticRegression(max_iter=5_000)
    folds = min(MAX_FOLDS, *rows.values())
    if folds < 2:  # a fold without a level has no log loss, so C stays at 1, scikit-learn's own
        return model
    choices = {"C": (0.001, 0.01, 0.1, 1, 10)}  # 1 is scikit-learn's own; few rows want less
    return GridSearchCV(model, choices, cv=folds, scoring="neg_log_loss")
