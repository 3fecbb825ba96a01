"""Speed of an emitted project on this CPU: training against others, evaluation against itself.

Training, real tokens per second: the project as it is (`now`, in the precision, attention kernel
and batch that it times and chooses itself), as it was before (`before`: fp32, fused attention,
logits in the last columns of a batch), a plain Trainer (fp32, batches padded to the longest row of
a random batch, logits at every position), and TRL's SFTTrainer where it is installed (fp32, no
checkpointing, batches of like length, which is best for it on a CPU). All train the same adapter
from the same weights on the same rows, with the same tokens in the loss and as many updates, in
turns, in one process. `loss` is that of all the rows in the project's own precision, at the start
and once trained: the start is to be the same, but for rounding.

Evaluation, rows per second: written and ranked answers of the base model (labels and examples in
the prompt) and of the adapter, now and before, and how many of the answers are the same.

    pip install trl
    python benchmarks/training_speed.py [--rows 64] [--rounds 3] [--answers 24] [--data FILE]
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

Examples = Sequence[Any]  # of the project's training.examples.Example
Collate = Callable[[Examples], dict[str, Any]]
BEFORE = {"precision": "fp32", "attention": "sdpa"}


@dataclass(frozen=True)
class Task:
    """What every side trains on."""

    config: Any  # with what the project chose
    tokenizer: Any
    examples: Examples
    ordered: Examples  # as the project orders them
    rows_of_update: int
    load: Callable[[Any], Any]

    @property
    def pad_id(self) -> int:
        return int(self.tokenizer.convert_tokens_to_ids(self.config.model.pad))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--answers", type=int, default=24, help="test rows to answer")
    parser.add_argument("--data", type=Path, help="a file to train on (default: the sample)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        project = Path(scratch) / "desk"
        given = ["--yes", "--domain", "customer_service", "--model", "embedded", "--gpu", "cpu"]
        data = ["--data", str(options.data.resolve())] if options.data else []
        subprocess.run(
            [sys.executable, "-m", "newft", "new", str(project), *given, *data],
            check=True,
            stderr=subprocess.DEVNULL,
        )
        os.chdir(project)
        sys.path.insert(0, str(project / "src"))
        from desk import prepare
        from desk.config import load_config

        config = load_config(Path("config/run.yaml"))
        with contextlib.redirect_stdout(sys.stderr):
            prepare.main(config, argparse.Namespace())
            task = build_task(config, options.rows)
        compare_training(task, options.rounds)
        compare_answers(task, options.answers, options.rounds)


def build_task(config: Any, rows: int) -> Task:
    """Read the rows to train on, and let the project choose how this machine trains on them."""
    from desk.model.chat_encoder import ChatEncoder
    from desk.model.device import require_training_device
    from desk.model.load import find_base_model, load_tokenizer
    from desk.train import load_model
    from desk.training.auto_setup import count_process_rows_per_update
    from desk.training.collator import TargetCollator
    from desk.training.examples import encode_example, read_split
    from desk.training.run_plan import choose_settings
    from desk.training.steps import TrainingInputs, order_by_length

    folder = find_base_model(config.model).path
    tokenizer = load_tokenizer(folder, config.model)
    encoder = ChatEncoder(tokenizer, config.model)
    examples = [
        encode_example(conversation, encoder, config.training.max_length)
        for conversation in read_split("train")[:rows]
    ]
    load = partial(load_model, config, folder, require_training_device(config.training))
    collate = TargetCollator(tokenizer.convert_tokens_to_ids(config.model.pad))
    inputs = TrainingInputs(config, examples, [], collate, load, time.monotonic())
    chosen, _ = choose_settings(inputs, {})
    batch, update = chosen.training.batch_size, count_process_rows_per_update(chosen.training)
    sizes = [len(example.ids) for example in examples]
    updates = max(1, len(examples) // update)  # fewer rows than one update has are repeated
    order = order_by_length(sizes, batch, updates * update // batch, config.run.seed)
    return Task(chosen, tokenizer, examples, [examples[i] for i in order], update, load)


def compare_training(task: Task, rounds: int) -> None:
    """Train on every side in turns, and print how fast each of them is."""
    sides: dict[str, Callable[[Any, Task, str], Any]] = {
        "now": build_project_trainer,
        "before": build_earlier_trainer,
        "plain": build_plain_trainer,
    }
    if find_spec("trl"):
        sides["trl"] = build_sft_trainer
    tokens = sum(len(example.ids) for example in task.ordered)
    # a model for each: SFTTrainer changes the one it is given
    model = task.config.model
    models = {name: task.load(model.model_copy(update=BEFORE)) for name in sides if name != "now"}
    models = {"now": task.load(model), **models}
    start = copy_trained_weights(models["now"])
    losses = {name: [compute_loss(each, task)] for name, each in models.items()}
    rates: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(rounds + 1):
        for name, side in sides.items():
            restore_weights(models[name], start)
            with tempfile.TemporaryDirectory() as output:
                seconds = time_training(side(models[name], task, output), casting=name != "now")
            if number:  # the first warms up
                rates[name].append(tokens / seconds)
            else:
                losses[name].append(compute_loss(models[name], task))
    setup = f"{model.precision}, {model.attention} attention, {task.config.training.batch_size}"
    print(f"training ({setup} rows at once), {len(task.ordered)} rows, {rounds} rounds")
    for name, values in rates.items():
        first, last = losses[name]
        print_rates(name, values, rates["now"], "tokens/s", f"loss {first:.3f} -> {last:.3f}")


def print_rates(name: str, values: list[float], ours: list[float], unit: str, note: str) -> None:
    """The lowest, middle and highest rate, and how many times as fast `now` is."""
    low, middle, high = min(values), statistics.median(values), max(values)
    text = f"{name:<8} {low:7.2f} {middle:7.2f} {high:7.2f} {unit}   {note}"
    if values is not ours:
        ratios = [a / b for a, b in zip(ours, values, strict=True)]
        bounds = f"[{min(ratios):.2f}, {max(ratios):.2f}]"
        text += f"   now has {statistics.median(ratios):.2f} {bounds} of its rate"
    print(text, flush=True)


def build_project_trainer(model: Any, task: Task, output: str) -> Any:
    """The project as it is: what it chose for this machine, and its own batches."""
    from desk.training.collator import TargetCollator
    from transformers import Trainer, TrainingArguments

    training = task.config.training
    batches = (training.batch_size, training.gradient_accumulation_steps)
    bf16 = task.config.model.precision == "bf16"
    arguments = TrainingArguments(
        output, bf16=bf16, **build_arguments(task, "sequential", batches=batches)
    )
    collate = TargetCollator(task.pad_id)
    return Trainer(model, arguments, data_collator=collate, train_dataset=task.ordered)


def build_earlier_trainer(model: Any, task: Task, output: str) -> Any:
    """The project as it was: 32-bit numbers, and logits in the last columns of a batch."""
    from earlier import LeftPadding
    from transformers import Trainer, TrainingArguments

    arguments = TrainingArguments(output, **build_arguments(task, "sequential"))
    collate = LeftPadding(task.pad_id)
    return Trainer(model, arguments, data_collator=collate, train_dataset=task.ordered)


def build_plain_trainer(model: Any, task: Task, output: str) -> Any:
    """A Trainer with padded batches in random order and logits at every position."""
    from transformers import Trainer, TrainingArguments

    arguments = TrainingArguments(output, **build_arguments(task, "random"))
    collate = make_right_padding_collate(task.pad_id)
    return Trainer(model, arguments, data_collator=collate, train_dataset=task.examples)


def build_sft_trainer(model: Any, task: Task, output: str) -> Any:
    """The SFTTrainer of TRL, with batches of like length."""
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer
    from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

    rows = Dataset.from_list(
        [{"input_ids": example.ids, "labels": build_labels(example)} for example in task.examples]
    )
    arguments = SFTConfig(
        output,
        bf16=False,
        gradient_checkpointing=False,
        max_length=None,
        dataset_kwargs={"skip_prepare_dataset": True},  # the tokens are those of the others
        **build_arguments(task, "group_by_length"),
    )
    collate = DataCollatorForLanguageModeling(pad_token_id=task.pad_id)
    return SFTTrainer(model, arguments, data_collator=collate, train_dataset=rows)


def build_arguments(
    task: Task, sampling: str, *, batches: tuple[int, int] | None = None
) -> dict[str, Any]:
    """What all sides have in common, the order of their rows, and how an update is divided."""
    at_once, accumulation = batches or (task.rows_of_update, 1)
    return {
        "max_steps": len(task.ordered) // task.rows_of_update,
        "per_device_train_batch_size": at_once,
        "gradient_accumulation_steps": accumulation,
        "learning_rate": task.config.training.learning_rate,
        "train_sampling_strategy": sampling,
        "save_strategy": "no",
        "logging_steps": 10_000,
        "remove_unused_columns": False,
        "disable_tqdm": True,
        "report_to": "none",
        "use_cpu": True,
    }


def time_training(trainer: Any, *, casting: bool = True) -> float:
    """The seconds of a whole training run."""
    from peft.helpers import disable_input_dtype_casting

    started = time.perf_counter()
    with (
        contextlib.redirect_stdout(sys.stderr),
        disable_input_dtype_casting(trainer.model, active=not casting),
    ):
        trainer.train()
    return time.perf_counter() - started


def copy_trained_weights(model: Any) -> dict[str, Any]:
    """A copy of the weights that are trained."""
    return {
        name: weight.detach().clone()
        for name, weight in model.named_parameters()
        if weight.requires_grad
    }


def restore_weights(model: Any, weights: dict[str, Any]) -> None:
    """Put trained weights back to where they started."""
    import torch

    with torch.no_grad():
        for name, weight in model.named_parameters():
            if name in weights:
                weight.copy_(weights[name])


def compute_loss(model: Any, task: Task) -> float:
    """The loss of an answer's token, over all rows."""
    import torch
    from desk.training.collator import TargetCollator

    model.eval()
    total, count, collate = 0.0, 0, TargetCollator(task.pad_id)
    precision = torch.autocast("cpu", model.dtype, enabled=model.dtype != torch.float32)
    with torch.no_grad(), precision:
        for start in range(0, len(task.ordered), task.rows_of_update):
            batch = collate(task.ordered[start : start + task.rows_of_update])
            answers = len(batch["labels"])
            total, count = total + float(model(**batch).loss) * answers, count + answers
    return total / count


def build_labels(example: Any) -> list[int]:
    """A label for each token: nothing is learned before the answer."""
    learned: list[int] = example.ids[example.answer_start :]
    return [-100] * example.answer_start + learned


def make_right_padding_collate(pad_id: int) -> Collate:
    """What pads the rows of a batch on the right, and learns from their answers alone."""
    import torch

    def collate(examples: Examples) -> dict[str, Any]:
        longest = max(len(example.ids) for example in examples)
        ids, mask, learned = [], [], []
        for example in examples:
            padding = longest - len(example.ids)
            ids.append(example.ids + [pad_id] * padding)
            mask.append([1] * len(example.ids) + [0] * padding)
            learned.append(build_labels(example) + [-100] * padding)
        return {
            "input_ids": torch.tensor(ids),
            "attention_mask": torch.tensor(mask),
            "labels": torch.tensor(learned),
        }

    return collate


def compare_answers(task: Task, rows: int, rounds: int) -> None:
    """Time both ways of answering, of the base model and of an adapter trained a little."""
    from desk.training.run_plan import resolve_for_inference

    config = task.config
    answering = resolve_for_inference(config.model.model_copy(update={"attention": "auto"}), {})
    model_now = task.load(answering)
    with tempfile.TemporaryDirectory() as output:
        time_training(build_project_trainer(model_now, task, output))
    model_before = task.load(config.model.model_copy(update=BEFORE))
    restore_weights(model_before, copy_trained_weights(model_now))
    models = {"now": model_now.eval(), "before": model_before.eval()}
    prompts, answers = build_prompts(task, rows)
    rates: dict[str, list[float]] = {name: [] for name in models}
    given: dict[str, list[Any]] = {}
    for number in range(rounds + 1):
        for name, model in models.items():
            started, given[name] = time.perf_counter(), []
            for tuned, ids in prompts:
                switch = contextlib.nullcontext() if tuned else model.disable_adapter()
                with switch:
                    way = answer_as_project if name == "now" else answer_as_earlier
                    given[name] += way(model, ids, answers, task)
            if number:
                rates[name].append(2 * rows / (time.perf_counter() - started))
    same = sum(a == b for a, b in zip(given["now"], given["before"], strict=True))
    precision = f"{answering.precision}, {answering.attention} attention"
    print(f"evaluation ({precision}), {rows} rows asked twice, {rounds} rounds")
    for name, values in rates.items():
        note = f"{same} of {len(given['now'])} answers are the same"
        print_rates(name, values, rates["now"], "rows/s", note)


def build_prompts(
    task: Task, rows: int
) -> tuple[list[tuple[bool, list[list[int]]]], list[list[int]]]:
    """Prompts for the base model and for the adapter, and the allowed answers."""
    from desk.evaluate import pick_few_shot_examples
    from desk.formatting import list_candidates
    from desk.model.chat_encoder import ChatEncoder
    from desk.prompts import build_base_prompt, build_prompt, get_question
    from desk.training.examples import read_split

    config, test = task.config, read_split("test")[:rows]
    encoder = ChatEncoder(task.tokenizer, config.model)
    examples = pick_few_shot_examples(read_split("train"), config, random.Random(config.run.seed))
    texts = [get_question(row) for row in test]
    base = [build_base_prompt(text, config.task, examples) for text in texts]
    tuned = [build_prompt(text, config.task) for text in texts]
    prompts = [(False, encoder.encode_prompts(base)), (True, encoder.encode_prompts(tuned))]
    return prompts, [encoder.encode_answer(each) for each in list_candidates(config.task)]


def answer_as_project(
    model: Any, prompts: list[list[int]], answers: list[list[int]], task: Task
) -> list[Any]:
    """The written tokens and the best ranked answer of each prompt."""
    from desk.evaluation.inference import (
        CandidateTree,
        compute_prefix_cache,
        generate_and_score,
    )
    from desk.model.load import get_stop_token_ids

    stops = get_stop_token_ids(model, task.tokenizer, task.config.model)
    tree = CandidateTree(answers, model.device)
    prefix = compute_prefix_cache(model, prompts)
    batch, limit = task.config.evaluation.batch_size, max(map(len, answers)) + 1
    given: list[Any] = []
    for start in range(0, len(prompts), batch):
        some = prompts[start : start + batch]
        written, scores = generate_and_score(model, some, prefix, tree, stops=stops, limit=limit)
        given += [*(cut_at_stop(ids, stops) for ids in written), *scores.argmax(axis=1).tolist()]
    return given


def answer_as_earlier(
    model: Any, prompts: list[list[int]], answers: list[list[int]], task: Task
) -> list[Any]:
    """The same two answers, in the way of earlier projects."""
    import earlier
    from desk.model.load import get_stop_token_ids

    stops = get_stop_token_ids(model, task.tokenizer, task.config.model)
    batch, limit = task.config.evaluation.batch_size, max(map(len, answers)) + 1
    written = earlier.generate(
        model, prompts, stops=stops, limit=limit, pad_id=task.pad_id, batch=batch
    )
    ranked = earlier.score_candidates(model, prompts, answers).argmax(axis=1).tolist()
    given: list[Any] = []
    for start in range(0, len(prompts), batch):
        rows = slice(start, start + batch)
        given += [*(cut_at_stop(ids, stops) for ids in written[rows]), *ranked[rows]]
    return given


def cut_at_stop(ids: list[int], stops: Sequence[int]) -> list[int]:
    """The tokens before the first stop token."""
    first = next((place for place, token in enumerate(ids) if token in stops), len(ids))
    return ids[:first]


if __name__ == "__main__":
    main()
