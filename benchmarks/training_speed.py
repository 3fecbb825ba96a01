"""Training tokens per second: the emitted project against a plain Trainer with padded batches.

Both train the same model on the same rows with the same loss, in turns, in one process. The plain
side pads to the longest row of a random batch and computes logits at every position.

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
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--data", type=Path, help="a file to train on (default: the sample)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        project = Path(scratch) / "desk"
        data = ["--data", str(options.data.resolve())] if options.data else []
        subprocess.run(
            [sys.executable, "-m", "newft", "new", str(project), "--yes", *data],
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


def compare(config, rows: int, rounds: int) -> None:
    from desk.adapter import add_adapter
    from desk.data import PROCESSED
    from desk.dataset import LeftPadding, encode_all, read_split, training_order
    from desk.model import load_base, load_tokenizer
    from desk.source import model_folder

    folder = model_folder(config.model).path
    tokenizer = load_tokenizer(folder, config.model)
    conversations = read_split(PROCESSED, "train")[:rows]
    examples = encode_all(conversations, tokenizer, config.model, config.training.max_length)
    sizes = [len(example.ids) for example in examples]
    model = add_adapter(load_base(folder, config.model), config.adapter, checkpointing=False)
    pad_id = tokenizer.convert_tokens_to_ids(config.model.pad)
    batch = config.training.batch_size
    order = training_order(sizes, batch, rows // batch, config.run.seed)
    ours = [examples[i] for i in order]
    sides = {
        "emitted": lambda: train(model, ours, LeftPadding(pad_id), batch, "sequential"),
        "plain": lambda: train(model, examples, right_padding(pad_id), batch, "random"),
    }
    for side in sides.values():
        side()  # warms up
    rates: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, side in sides.items():
            rates[name].append(sum(sizes) / side())
    for name, values in rates.items():
        low, middle, high = min(values), statistics.median(values), max(values)
        print(f"{name:<8} {low:6.1f} {middle:6.1f} {high:6.1f} tokens/s")
    ratios = [a / b for a, b in zip(rates["emitted"], rates["plain"], strict=True)]
    print(f"ratio    {min(ratios):6.2f} {statistics.median(ratios):6.2f} {max(ratios):6.2f}")


def train(model, rows, collate, batch: int, sampling: str) -> float:
    from transformers import Trainer, TrainingArguments

    with tempfile.TemporaryDirectory() as output:
        arguments = TrainingArguments(
            output_dir=output,
            max_steps=len(rows) // batch,
            per_device_train_batch_size=batch,
            learning_rate=1e-5,
            train_sampling_strategy=sampling,
            save_strategy="no",
            logging_steps=10_000,
            remove_unused_columns=False,
            disable_tqdm=True,
            report_to="none",
            use_cpu=True,
        )
        trainer = Trainer(model, arguments, data_collator=collate, train_dataset=rows)
        started = time.perf_counter()
        with contextlib.redirect_stdout(sys.stderr):
            trainer.train()
        return time.perf_counter() - started


def right_padding(pad_id: int):
    import torch

    def collate(examples) -> dict[str, torch.Tensor]:
        longest = max(len(example.ids) for example in examples)
        ids, mask, labels = [], [], []
        for example in examples:
            padding = longest - len(example.ids)
            learned = example.ids[example.answer_start :]
            ids.append(example.ids + [pad_id] * padding)
            mask.append([1] * len(example.ids) + [0] * padding)
            labels.append([-100] * example.answer_start + learned + [-100] * padding)
        return {
            "input_ids": torch.tensor(ids),
            "attention_mask": torch.tensor(mask),
            "labels": torch.tensor(labels),
        }

    return collate


if __name__ == "__main__":
    main()
