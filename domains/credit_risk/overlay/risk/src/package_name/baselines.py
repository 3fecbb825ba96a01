"""The classical baseline: what a language model has to beat to be worth its cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler

from .answers import Answers
from .task import TaskConfig

TITLE = "one-hot + logistic regression"

Features = dict[str, float | str]


def classical_answers(
    texts: Sequence[str], answers: Sequence[str], questions: Sequence[str], task: TaskConfig
) -> Answers:
    """The answers to the questions, learned from applications and answers.

    The level is learned, with C chosen by cross-validation on the training rows; its recommendation
    is the one that most often goes with it.
    """
    levels = [answer.partition("\n")[0] for answer in answers]
    model = make_pipeline(
        DictVectorizer(),
        MaxAbsScaler(),
        GridSearchCV(
            LogisticRegression(max_iter=5_000),
            {"C": (0.01, 0.1, 1, 10)},
            cv=3,
            scoring="neg_log_loss",
        ),
    )
    model.fit([features(text) for text in texts], levels)
    asked = [features(text) for text in questions]
    usual = {
        level: Counter(a for a, of in zip(answers, levels, strict=True) if of == level)
        for level in set(levels)
    }
    given = [usual[str(level)].most_common(1)[0][0] for level in model.predict(asked)]
    return Answers(given, [str(level) for level in model.classes_], model.predict_proba(asked))


def features(text: str) -> Features:
    """The lines of an application: numbers as numbers, all else one-hot, whole and by word."""
    found: Features = {}
    for line in text.split("\n"):
        name, _, value = line.partition(": ")
        try:
            found[name] = float(value.replace(",", "").rstrip("%"))
        except ValueError:
            found[f"{name} is"] = value
            found |= {f"{name} has {word}": 1.0 for word in value.lower().split()}
    return found
