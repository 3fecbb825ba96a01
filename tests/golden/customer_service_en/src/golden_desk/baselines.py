"""The classical baseline: what a language model has to beat to be worth its cost."""

from __future__ import annotations

from collections.abc import Sequence

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union

TITLE = "TF-IDF + logistic regression"


def classical_answers(
    texts: Sequence[str], labels: Sequence[str], questions: Sequence[str]
) -> list[str]:
    """The labels of the questions, learned from texts and labels.

    Words and word pairs carry the topic; characters carry spelling variants and languages written
    without spaces. C is the best of 1, 10 and 100 in cross-validation on the training rows of three
    sets of intents (mean accuracy 0.76, 0.81, 0.82).
    """
    model = make_pipeline(
        make_union(
            TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"(?u)\b\w+\b"),
            TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), sublinear_tf=True),
        ),
        LogisticRegression(C=100, max_iter=1_000),
    )
    model.fit(list(texts), list(labels))
    return [str(label) for label in model.predict(list(questions))]
