"""Compare base, tuned and classical baseline on the same test rows: `make eval`.

The base model gets the better of two prompts, chosen on validation rows: the label list without or
with few-shot examples. Each language model predicts in two ways: by greedy generation (an output
that is none of the labels is wrong) and by ranking the candidates. The classical baseline is
trained on all training rows.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from functools import cache, partial
from itertools import zip_longest

from .baseline import fit_predict
from .config import Config
from .data.processed_rows import verify_files_and_hash_rows
from .data.splits import PROCESSED_DIR, SPLITS, Split
from .evaluation.comparison import (
    compare_models,
    list_predictions_by_row,
    summarize_result,
    to_dicts,
)
from .evaluation.predictions import Predictions
from .evaluation.predictor import (
    Predictor,
    PromptSet,
    find_max_target_tokens,
)
from .evaluation.slices import measure_slices, read_slice_values
from .evaluation.tables import format_mistakes, make_excerpt, print_result
from .evaluation.timed_batches import PREDICTION, BatchRunner
from .formatting import parse_prediction
from .model.adapter import load_trained
from .model.chat_encoder import ChatEncoder
from .model.load import find_base_model, load_base_model, load_tokenizer, read_model_config
from .prompts import Conversation, build_base_prompt, build_prompt, get_question, get_target
from .runtime.atomic_files import write_json
from .runtime.errors import ProjectError
from .runtime.main import run_command
from .runtime.output import say
from .task import TaskConfig
from .training.examples import read_split
from .training.model_card import write_model_card
from .training.run_dir import get_run_dir

HELP = """\
Compare base model, tuned model and classical baseline on the same test rows: make eval

The base model gets the better of two prompts, with and without few-shot examples,
chosen on validation rows. Each model predicts by generating text and by ranking the
candidates. The classical baseline is trained on all training rows."""


def main(config: Config, options: argparse.Namespace) -> None:
    """Predict the test rows with all three, and print and save what may be concluded."""
    run, rows = get_run_dir(config), verify_files_and_hash_rows()
    run.refuse_other_rows(rows)
    trained, config = run.verify_trained_weights(), run.apply_trained_settings(config)
    batches = BatchRunner(config.evaluation)  # before anything is loaded: that takes time, too
    say("loading {model}", model=config.model.id)
    folder = run.verify_base_model(find_base_model(run.pin_revision(config.model)))
    encoder = ChatEncoder(load_tokenizer(folder.path, config.model), config.model)
    splits = [read_canonical_rows(split, config.task) for split in SPLITS]
    slice_values = read_slice_values(config)
    max_target_tokens = find_max_target_tokens(splits[0], encoder)
    model = load_trained(folder.path, config.model, trained)
    load_base = cache(partial(load_base_model, folder.path, config.model))
    predictor = Predictor(config, encoder, model, load_base, max_target_tokens, batches)
    train, validation, test = map(predictor.truncate, splits)
    rng = random.Random(config.run.seed)
    rng.shuffle(validation)
    order = rng.sample(range(len(test)), len(test))

    candidates = pick_few_shot_examples(train, config, rng)
    examples, prompt_choice = predictor.choose_examples(candidates, validation)
    say("base model: {choice}", choice=prompt_choice)
    # all three get the same rows in the same order
    shuffled, texts = [test[i] for i in order], [get_question(test[i]) for i in order]
    classical = predict_with_baseline(train, shuffled, config)
    say("predicting {rows:,} test rows, by generation and by ranking", rows=len(test))
    base, tuned = predictor.predict(
        PromptSet([build_base_prompt(text, config.task, examples) for text in texts]),
        PromptSet([build_prompt(text, config.task) for text in texts], tuned=True),
        phase=PREDICTION,
    )
    count = len(base.parsed)
    classical, order = classical.subset(range(count)), order[:count]
    questions, gold = texts[:count], [get_target(row) for row in shuffled[:count]]
    say("computing confidence intervals ...")
    result = compare_models(config, gold, base, tuned, classical)
    values = {name: [column[i] for i in order] for name, column in slice_values.items()}
    slices = measure_slices(gold, tuned, values, config)
    evaluation = {
        "run": config.run.name,
        "data_sha256": rows,
        "rows": count,
        "test_rows": len(test),
        "base_prompt": prompt_choice,
        **summarize_result(result),
        "tuned_by_slice": to_dicts(slices.measured),
        "rows_of_slices_without": {
            "both_kinds": slices.single_label,
            "enough_rows": slices.rows_in_small_slices,
        },
        "predictions": list_predictions_by_row(config, order, gold, base, tuned, classical),
    }
    write_json(run.path / "evaluation.json", evaluation)
    write_model_card(run, config, read_model_config(folder.path), evaluation)
    print_result(result, slices, base, tuned, format_mistakes(order, questions, gold, tuned))
    say("details in {path}; next: make chat", path=run.path / "evaluation.json")


def read_canonical_rows(split: Split, task: TaskConfig) -> list[Conversation]:
    """The rows of a split, each with its target as task.labels writes it.

    A target that is not one of the labels would be compared as if it were unreadable.
    """
    rows = []
    for line, (*prompt, target) in enumerate(read_split(split), start=1):
        label = parse_prediction(target["content"], task)
        if label is None:
            raise ProjectError(
                "{path}:{line}: the target {answer} is not in task.labels",
                "run `make data` again; if formatting.py writes these targets, correct it",
                path=PROCESSED_DIR / f"{split}.jsonl",
                line=line,
                answer=make_excerpt(target["content"]),
            )
        rows.append([*prompt, {**target, "content": label}])
    return rows


def predict_with_baseline(
    train: Sequence[Conversation], test: Sequence[Conversation], config: Config
) -> Predictions:
    """The predictions of the classical baseline, which gets the same truncated rows."""
    texts, labels = [get_question(row) for row in train], [get_target(row) for row in train]
    return fit_predict(texts, labels, [get_question(row) for row in test], config.task)


def pick_few_shot_examples(
    train: Sequence[Conversation], config: Config, rng: random.Random
) -> list[Conversation]:
    """Training rows for the prompt of the base model: one per target, then a second, and so on."""
    by_target: dict[str, list[Conversation]] = {}
    for row in rng.sample(list(train), len(train)):
        by_target.setdefault(get_target(row), []).append(row)
    rounds = zip_longest(*by_target.values())
    return [row for each in rounds for row in each if row][: config.evaluation.few_shot_examples]


if __name__ == "__main__":
    raise SystemExit(run_command(main, HELP))
