"""The classical baseline: what a language model has to beat to be worth its cost."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline

from .answers import Answers
from .formatting import in_order
from .metrics import encode
from .task import TaskConfig

TITLE = "TF-IDF + logistic regression"


def classical_answers(
    texts: Sequence[str], charges: Sequence[str], questions: Sequence[str], task: TaskConfig
) -> Answers:
    """The charges of the questions, learned from texts and charges: one model a charge.

    Named are the charges that are likelier than not, and the likeliest one in any case.
    """
    # characters, for Chinese is written without spaces
    features = TfidfVectorizer(analyzer="char", ngram_range=(1, 4), sublinear_tf=True)
    each = LogisticRegression(C=100, max_iter=1_000, class_weight="balanced")
    model = make_pipeline(features, OneVsRestClassifier(each))
    targets = encode(charges, task)
    seen = targets.any(axis=0)  # a charge without training rows cannot be learned
    model.fit(list(texts), targets[:, seen])
    likely = np.zeros((len(questions), len(task.labels)))
    likely[:, seen] = model.predict_proba(list(questions)).reshape(len(questions), -1)
    named = likely > 0.5
    named[np.arange(len(questions)), likely.argmax(axis=1)] = True
    given = [in_order({task.labels[place] for place in np.flatnonzero(row)}, task) for row in named]
    return Answers(given, task.labels, likely)
