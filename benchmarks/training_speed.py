"""Training tokens per second: an emitted project against a plain Trainer and TRL's SFTTrainer.

All train the same adapter from the same weights on the same rows, with the same tokens in the loss
and as many updates, in turns, in one process. The plain side pads to the longest row of a random
batch and computes logits at every position. TRL gets what is best for it on a CPU: fp32, no
checkpointing, batches of like length; its logits are at answers only where Triton runs, so not on
a CPU. It is left out where it is not installed. `loss` is that of all the rows, once trained.

    pip install trl
    python benchmarks/training_speed.py [--rows 64] [--rounds 3] [--data FILE]
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

Examples = Sequence[Any]  # of the project's dataset.Example
Collate = Callable[[Examples], dict[str, Any]]


@dataclass(frozen=True)
class Task:
    """What every side trains on."""

    examples: Examples
    ordered: Examples  # as the project orders them
    batch: int
    learning_rate: float
    pad_id: int
    collate: Collate


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
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
        from desk import data as formatting
        from desk.config import load_config

        config = load_config(Path("config/run.yaml"))
        with contextlib.redirect_stdout(sys.stderr):
            formatting.main(config, argparse.Namespace())
        compare(config, options.rows, options.rounds)


def compare(config: Any, rows: int, rounds: int) -> None:
    task, load = prepared(config, rows)
    sides: dict[str, Callable[[Any, Task, str], Any]] = {"emitted": emitted, "plain": plain}
    if find_spec("trl"):
        sides["trl"] = sft
    tokens = sum(len(example.ids) for example in task.examples)
    # a model for each: SFTTrainer changes the one it is given
    models = {name: load() for name in sides}
    start = trained(models["emitted"])
    losses: dict[str, float] = {}
    rates: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(rounds + 1):
        for name, side in sides.items():
            restore(models[name], start)
            with tempfile.TemporaryDirectory() as output:
                seconds = timed(side(models[name], task, output))
            if number:  # the first warms up
                rates[name].append(tokens / seconds)
            losses[name] = losses.get(name) or loss(models[name], task)
    for name, values in rates.items():
        low, middle, high = min(values), statistics.median(values), max(values)
        text = f"{name:<8} {low:6.1f} {middle:6.1f} {high:6.1f} tokens/s   loss {losses[name]:.3f}"
        if name != "emitted":
            ratios = [ours / theirs for ours, theirs in zip(rates["emitted"], values, strict=True)]
            bounds = f"[{min(ratios):.2f}, {max(ratios):.2f}]"
            text += f"   emitted has {statistics.median(ratios):.2f} {bounds} of its rate"
        print(text)


def prepared(config: Any, rows: int) -> tuple[Task, Callable[[], Any]]:
    """What is trained on, and what makes the model that is trained."""
    from desk.adapter import add_adapter
    from desk.chat_tokens import ChatEncoder
    from desk.dataset import AnswerCollator, encode, read_split, training_order
    from desk.model import load_base, load_tokenizer
    from desk.source import model_folder

    folder = model_folder(config.model).path
    tokenizer = load_tokenizer(folder, config.model)
    encoder = ChatEncoder(tokenizer, config.model)
    examples = [
        encode(conversation, encoder, config.training.max_length)
        for conversation in read_split("train")[:rows]
    ]
    pad_id = tokenizer.convert_tokens_to_ids(config.model.pad)
    batch = config.training.batch_size
    sizes = [len(example.ids) for example in examples]
    order = training_order(sizes, batch, rows // batch, config.run.seed)
    task = Task(
        examples,
        [examples[i] for i in order],
        batch,
        config.training.learning_rate,
        pad_id,
        AnswerCollator(pad_id),
    )
    return task, lambda: add_adapter(
        load_base(folder, config.model), config.adapter, checkpointing=False
    )


def emitted(model: Any, task: Task, output: str) -> Any:
    from transformers import Trainer, TrainingArguments

    arguments = TrainingArguments(output, **settings(task, "sequential"))
    return Trainer(model, arguments, data_collator=task.collate, train_dataset=task.ordered)


def plain(model: Any, task: Task, output: str) -> Any:
    from transformers import Trainer, TrainingArguments

    arguments = TrainingArguments(output, **settings(task, "random"))
    collate = right_padding(task.pad_id)
    return Trainer(model, arguments, data_collator=collate, train_dataset=task.examples)


def sft(model: Any, task: Task, output: str) -> Any:
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer
    from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

    rows = Dataset.from_list(
        [{"input_ids": example.ids, "labels": labels(example)} for example in task.examples]
    )
    arguments = SFTConfig(
        output,
        bf16=False,
        gradient_checkpointing=False,
        max_length=None,
        dataset_kwargs={"skip_prepare_dataset": True},  # the tokens are those of the others
        **settings(task, "group_by_length"),
    )
    collate = DataCollatorForLanguageModeling(pad_token_id=task.pad_id)
    return SFTTrainer(model, arguments, data_collator=collate, train_dataset=rows)


def settings(task: Task, sampling: str) -> dict[str, Any]:
    """What all sides have in common, and the order of their rows."""
    return {
        "max_steps": len(task.examples) // task.batch,
        "per_device_train_batch_size": task.batch,
        "learning_rate": task.learning_rate,
        "train_sampling_strategy": sampling,
        "save_strategy": "no",
        "logging_steps": 10_000,
        "remove_unused_columns": False,
        "disable_tqdm": True,
        "report_to": "none",
        "use_cpu": True,
    }


def timed(trainer: Any) -> float:
    started = time.perf_counter()
    with contextlib.redirect_stdout(sys.stderr):
        trainer.train()
    return time.perf_counter() - started


def trained(model: Any) -> dict[str, Any]:
    """A copy of the weights that are trained."""
    return {
        name: weight.detach().clone()
        for name, weight in model.named_parameters()
        if weight.requires_grad
    }


def restore(model: Any, weights: dict[str, Any]) -> None:
    """Put trained weights back to where they started."""
    import torch

    with torch.no_grad():
        for name, weight in model.named_parameters():
            if name in weights:
                weight.copy_(weights[name])


def loss(model: Any, task: Task) -> float:
    """The loss of an answer's token, over all rows."""
    import torch

    model.eval()
    total, count = 0.0, 0
    with torch.no_grad():
        for start in range(0, len(task.ordered), task.batch):
            batch = task.collate(task.ordered[start : start + task.batch])
            answers = int((batch["labels"] != -100).sum())
            total, count = total + float(model(**batch).loss) * answers, count + answers
    return total / count


def labels(example: Any) -> list[int]:
    """A label for each token: nothing is learned before the answer."""
    learned: list[int] = example.ids[example.answer_start :]
    return [-100] * example.answer_start + learned


def right_padding(pad_id: int) -> Collate:
    import torch

    def collate(examples: Examples) -> dict[str, Any]:
        longest = max(len(example.ids) for example in examples)
        ids, mask, learned = [], [], []
        for example in examples:
            padding = longest - len(example.ids)
            ids.append(example.ids + [pad_id] * padding)
            mask.append([1] * len(example.ids) + [0] * padding)
            learned.append(labels(example) + [-100] * padding)
        return {
            "input_ids": torch.tensor(ids),
            "attention_mask": torch.tensor(mask),
            "labels": torch.tensor(learned),
        }

    return collate


if __name__ == "__main__":
    main()
