"""The classical baseline: what a language model has to beat to be worth its cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline, make_union

from .evaluation.predictions import Predictions
from .formatting import QUESTION_SEPARATOR
from .runtime.messages import fill
from .task import TaskConfig

TITLE = fill("TF-IDF by type + logistic regression")
MAX_FOLDS = 3  # of the cross-validation, where every label has as many rows
WORD_PATTERN = (
    r"[\u3400-\u9fff]|[^\W_\u3400-\u9fff]+"  # Chinese has no spaces: a character is a word
)


def fit_predict(
    texts: Sequence[str], labels: Sequence[str], questions: Sequence[str], task: TaskConfig
) -> Predictions:
    """The labels of the questions, learned from texts and labels.

    A word says yes to one clause type and no to another, so each stands alone and with its type.
    """
    plain = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), sublinear_tf=True)
    by_type = TfidfVectorizer(analyzer=tokenize_with_type, sublinear_tf=True)
    model = make_pipeline(make_union(plain, by_type), _make_classifier(labels))
    model.fit(list(texts), list(labels))
    given = [str(label) for label in model.predict(list(questions))]
    return Predictions(given, task.labels, None)


def tokenize_with_type(text: str) -> Iterable[str]:
    """The words of a passage, each alone and with the question about its clause type, if any."""
    passage, *kind = text.split(QUESTION_SEPARATOR, 1)
    words = TfidfVectorizer(token_pattern=WORD_PATTERN).build_analyzer()(passage)
    return [*words, *(f"{each}|{word}" for each in kind for word in words)]


def _make_classifier(labels: Sequence[str]) -> DummyClassifier | LogisticRegression | GridSearchCV:
    """What learns the labels, with C chosen by cross-validation where there are rows for it."""
    rows = Counter(labels)
    if len(rows) == 1:
        return DummyClassifier(strategy="prior")  # there is one answer to learn
    model = LogisticRegression(max_iter=1_000, class_weight="balanced")
    folds = min(MAX_FOLDS, *rows.values())
    if folds < 2:  # a fold without a label cannot be scored, so C stays at 1, scikit-learn's own
        return model
    choices = {"C": (1, 10, 100)}  # 1 is scikit-learn's own, strict for texts scaled to length 1
    return GridSearchCV(model, choices, cv=folds, scoring="balanced_accuracy")
