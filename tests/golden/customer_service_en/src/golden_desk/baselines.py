"""The classical baseline: what a language model has to beat to be worth its cost."""

from __future__ import annotations

from collections.abc import Sequence

from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from .answers import Answers
from .task import TaskConfig
from .text_features import text_features

TITLE = "TF-IDF + logistic regression"


def classical_answers(
    texts: Sequence[str], intents: Sequence[str], questions: Sequence[str], task: TaskConfig
) -> Answers:
    """The intents of the questions, learned from texts and intents.

    C is the best of 1, 10 and 100 in cross-validation on the training rows of three sets of intents
    (mean accuracy 0.76, 0.81, 0.82).
    """
    model = make_pipeline(text_features(), LogisticRegression(C=100, max_iter=1_000))
    model.fit(list(texts), list(intents))
    given = [str(intent) for intent in model.predict(list(questions))]
    return Answers(given, task.labels, None)
