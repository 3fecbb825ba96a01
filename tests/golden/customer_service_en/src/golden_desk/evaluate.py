"""Compare base, tuned and classical baseline on the same test rows: `make eval`.

The base is the untouched model with the better of two prompts, as validation rows tell: the labels
listed, without and with solved examples. Each language model answers in two ways: by writing
(greedy; what cannot be read is wrong) and by ranking what it may answer. The classical baseline
learns from all training rows, also where a time budget kept the tuned model from seeing them all.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from functools import cache, partial
from itertools import zip_longest

from .baseline import fit_predict
from .config import Config
from .data.processed_rows import hash_rows
from .data.splits import PROCESSED_DIR, SPLITS, Split
from .evaluation.batches import PREDICTION, BatchRunner
from .evaluation.comparison import (
    EvaluationResult,
    compare_models,
    predictions_by_row,
    summarize_result,
    to_dicts,
)
from .evaluation.label_metrics import format_label_report
from .evaluation.predictions import Predictions
from .evaluation.predictor import (
    Predictor,
    PromptSet,
    find_max_target_tokens,
)
from .evaluation.slices import SliceResults, format_slices, measure_slices, read_slice_values
from .evaluation.tables import (
    format_comparison,
    format_mistakes,
    make_excerpt,
    unreadable_examples,
)
from .formatting import parse_prediction
from .model.adapter import load_trained
from .model.chat_encoder import ChatEncoder
from .model.load import find_base_model, load_base_model, load_tokenizer
from .prompts import Conversation, build_base_prompt, build_prompt, get_question, get_target
from .runtime.atomic_files import write_json
from .runtime.errors import ProjectError
from .runtime.main import run_command
from .runtime.messages import fill
from .runtime.output import say
from .runtime.text_layout import wrap
from .task import TaskConfig
from .training.examples import read_split
from .training.model_card import write_model_card
from .training.run_dir import run_dir_of

MAX_SHOWN_MISTAKES = 5  # wrong answers
HELP = """\
Compare base model, tuned model and classical baseline on the same test rows: make eval

The base model gets the better of two prompts, with and without few-shot examples,
chosen on validation rows. Each model predicts by generating text and by ranking the
candidates. The classical baseline is trained on all training rows."""


def main(config: Config, options: argparse.Namespace) -> None:
    """Answer the test rows three times, and say what may be concluded."""
    run, rows = run_dir_of(config), hash_rows()
    run.refuse_other_rows(rows)
    trained, config = run.verify_trained_weights(), run.own_settings(config)
    batches = BatchRunner(config.evaluation)  # its time budget counts from here
    say("loading {model}", model=config.model.id)
    folder = run.confirmed(find_base_model(run.pinned(config.model)))
    encoder = ChatEncoder(load_tokenizer(folder.path, config.model), config.model)
    splits = [read_targets(split, config.task) for split in SPLITS]
    told_apart = read_slice_values(config)
    longest = find_max_target_tokens(splits[0], encoder)
    model = load_trained(folder.path, config.model, trained)
    load_base = cache(partial(load_base_model, folder.path, config.model))
    asker = Predictor(config, encoder, model, load_base, longest, batches)
    train, validation, test = map(asker.shortened, splits)
    chance = random.Random(config.run.seed)
    chance.shuffle(validation)
    order = chance.sample(range(len(test)), len(test))

    examples, choice = asker.choose_examples(
        pick_few_shot_examples(train, config, chance), validation
    )
    say("base model: {choice}", choice=choice)
    # the same rows for all, in an order that does not depend on how many can be answered
    shuffled, texts = [test[i] for i in order], [get_question(test[i]) for i in order]
    classical = predict_with_baseline(train, shuffled, config)
    say("predicting up to {rows:,} test rows, by generation and by ranking", rows=len(test))
    base, tuned = asker.answer(
        PromptSet([build_base_prompt(text, config.task, examples) for text in texts]),
        PromptSet([build_prompt(text, config.task) for text in texts], tuned=True),
        phase=PREDICTION,
    )
    fitting = len(base.read)
    classical, order = classical.only(range(fitting)), order[:fitting]
    questions, gold = texts[:fitting], [get_target(row) for row in shuffled[:fitting]]
    say("computing confidence intervals ...")
    result = compare_models(config, gold, base, tuned, classical)
    slices = {name: [of[i] for i in order] for name, of in told_apart.items()}
    in_slices = measure_slices(gold, tuned, slices, config)
    evaluation = {
        "run": config.run.name,
        "data_sha256": rows,
        "rows": fitting,
        "test_rows": len(test),
        "base_prompt": choice,
        **summarize_result(result),
        "tuned_by_slice": to_dicts(in_slices.measured),
        "rows_of_slices_without": {
            "both_kinds": in_slices.one_sided,
            "enough_rows": in_slices.too_small,
        },
        "answers": predictions_by_row(config, order, gold, base, tuned, classical),
    }
    write_json(run.path / "evaluation.json", evaluation)
    write_model_card(run, config, evaluation)
    print_result(result, in_slices, base, tuned, format_mistakes(order, questions, gold, tuned))
    say("details in {path}; next: make chat", path=run.path / "evaluation.json")


def read_targets(split: Split, task: TaskConfig) -> list[Conversation]:
    """The rows of a split, each with its right answer as task.labels writes it.

    An answer that is not one of the labels would be compared as if it were unreadable.
    """
    rows = []
    for line, (*prompt, target) in enumerate(read_split(split), start=1):
        label = parse_prediction(target["content"], task)
        if label is None:
            raise ProjectError(
                "{path}:{line}: the right answer {answer} is not in task.labels",
                "run `make data` again; if formatting.py writes these targets, correct it",
                path=PROCESSED_DIR / f"{split}.jsonl",
                line=line,
                answer=make_excerpt(target["content"]),
            )
        rows.append([*prompt, {**target, "content": label}])
    return rows


def predict_with_baseline(
    train: Sequence[Conversation], asked: Sequence[Conversation], config: Config
) -> Predictions:
    """What the classical baseline answers; it sees what the models see, cut rows included."""
    texts, labels = [get_question(row) for row in train], [get_target(row) for row in train]
    return fit_predict(texts, labels, [get_question(row) for row in asked], config.task)


def print_result(
    result: EvaluationResult,
    in_slices: SliceResults,
    base: Predictions,
    tuned: Predictions,
    wrong: Sequence[str],
) -> None:
    """Print what came of it."""
    say(
        "\n".join(
            ["", format_comparison(result), "", wrap(result.conclusion), *unreadable_examples(base)]
        )
    )
    if len({*tuned.read}) == 1:
        same = fill("no label") if tuned.read[0] is None else repr(tuned.read[0])
        say(
            "the tuned model predicts {same} for every row: it has not learned to "
            "distinguish the labels",
            same=same,
        )
        say("more training steps may help: see training.epochs and training.time_budget_minutes")
    say("\n".join(format_label_report(result.by_label["tuned"])))
    if lines := format_slices(in_slices):
        title = fill("results of the tuned model by data.slice_fields:")
        say("\n".join(["", title, *lines]))
    if wrong:
        say(
            "\n{shown:,} of {all:,} wrong predictions, with the line in {path}:",
            shown=min(MAX_SHOWN_MISTAKES, len(wrong)),
            all=len(wrong),
            path=PROCESSED_DIR / "test.jsonl",
        )
        say("\n".join(wrong[:MAX_SHOWN_MISTAKES]))


def pick_few_shot_examples(
    train: Sequence[Conversation], config: Config, chance: random.Random
) -> list[Conversation]:
    """Training conversations to show the base: one of each answer, then a second, and so on."""
    by_answer: dict[str, list[Conversation]] = {}
    for row in chance.sample(list(train), len(train)):
        by_answer.setdefault(get_target(row), []).append(row)
    turns = zip_longest(*by_answer.values())
    return [row for turn in turns for row in turn if row][: config.evaluation.few_shot_examples]


if __name__ == "__main__":
    raise SystemExit(run_command(main, HELP))
