"""The classical baseline: what a language model has to beat to be worth its cost."""

from __future__ import annotations

from collections.abc import Sequence

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union

from .evaluation.predictions import Predictions
from .runtime.messages import fill
from .task import TaskConfig

TITLE = fill("TF-IDF + logistic regression")


def fit_predict(
    texts: Sequence[str], labels: Sequence[str], questions: Sequence[str], task: TaskConfig
) -> Predictions:
    """The labels of the questions, learned from texts and labels.

    Words and word pairs carry the topic; characters carry spelling variants and languages written
    without spaces. C is the best of 1, 10 and 100 in cross-validation on the training rows of three
    sets of requests (mean accuracy 0.76, 0.81, 0.82).
    """
    features = make_union(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"(?u)\b\w+\b"),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), sublinear_tf=True),
    )
    model = make_pipeline(features, LogisticRegression(C=100, max_iter=1_000))
    model.fit(list(texts), list(labels))
    given = [str(label) for label in model.predict(list(questions))]
    return Predictions(given, task.labels, None)
