"""The classical baseline: what a language model has to beat to be worth its cost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline, make_union

from .answers import Answers
from .task import TaskConfig

TITLE = "TF-IDF by type + logistic regression"


def classical_answers(
    texts: Sequence[str], labels: Sequence[str], questions: Sequence[str], task: TaskConfig
) -> Answers:
    """The labels of the questions, learned from texts and labels.

    A word says yes to one clause type and no to another, so each stands alone and with its type.
    C is chosen by cross-validation on the training rows.
    """
    plain = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), sublinear_tf=True)
    by_type = TfidfVectorizer(analyzer=words_by_type, sublinear_tf=True)
    model = make_pipeline(
        make_union(plain, by_type),
        GridSearchCV(
            LogisticRegression(max_iter=1_000, class_weight="balanced"),
            {"C": (1, 10, 100)},
            cv=3,
            scoring="balanced_accuracy",
        ),
    )
    model.fit(list(texts), list(labels))
    given = [str(label) for label in model.predict(list(questions))]
    return Answers(given, task.labels, None)


def words_by_type(text: str) -> Iterable[str]:
    """The words of a passage, each alone and with the clause type that may stand before it."""
    *kind, passage = text.split("\n", 1)
    words = TfidfVectorizer(token_pattern=r"(?u)[\u3400-\u9fff]|[^\W_]+").build_analyzer()(passage)
    return [*words, *(f"{each}|{word}" for each in kind for word in words)]
