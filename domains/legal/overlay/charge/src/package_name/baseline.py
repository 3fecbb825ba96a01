"""The classical baseline: what a language model has to beat to be worth its cost."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from .evaluation.predictions import Predictions
from .formatting import join_charges
from .metrics import binarize_labels
from .runtime.messages import fill
from .task import TaskConfig

TITLE = fill("TF-IDF + logistic regression")


def fit_predict(
    texts: Sequence[str], charges: Sequence[str], questions: Sequence[str], task: TaskConfig
) -> Predictions:
    """The charges of the questions, learned from texts and charges: one model a charge.

    Named are the charges that these models, with rare ones weighed up, put above one half, and the
    likeliest one in any case.
    """
    # characters, for Chinese is written without spaces
    features = TfidfVectorizer(analyzer="char", ngram_range=(1, 4), sublinear_tf=True)
    known, asked = features.fit_transform(texts), features.transform(questions)
    # weak regularisation, as texts are scaled to length 1; most charges have too few rows to choose
    model = LogisticRegression(C=100, max_iter=1_000, class_weight="balanced")
    targets = binarize_labels(charges, task)
    share = targets.mean(axis=0)
    likely = np.tile(share, (len(questions), 1))  # as it stands where no row or every row has it
    for place in np.flatnonzero((share > 0) & (share < 1)):
        likely[:, place] = model.fit(known, targets[:, place]).predict_proba(asked)[:, 1]
    named = likely > 0.5
    named[np.arange(len(questions)), likely.argmax(axis=1)] = True
    given = [
        join_charges({task.labels[place] for place in np.flatnonzero(row)}, task) for row in named
    ]
    return Predictions(given, task.labels, likely)
