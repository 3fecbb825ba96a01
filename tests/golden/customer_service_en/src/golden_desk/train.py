"""Fine-tune the model of config/run.yaml on data/processed: `make train`.

Goes on where an earlier run was interrupted. On two accelerators:
python -m torch.distributed.run --nproc-per-node 2 -m golden_desk.train
"""

from __future__ import annotations

import argparse
import math
import random

import torch
from transformers import PrinterCallback, Trainer, TrainingArguments, set_seed

from . import command
from .adapter import add_adapter, save_adapter, trained_weights
from .alone import alone_in
from .budget import plan_steps
from .chat_tokens import ChatEncoder, Tokenizer
from .config import Config, TrainingConfig
from .data import formatted
from .dataset import AnswerCollator, lengths, read_examples, refuse_truncated, training_order
from .devices import CPU, processes, refuse_precision, share_of_update, training_device
from .errors import ProjectError
from .model import find_base, load_base, load_tokenizer
from .model_card import write_model_card
from .output import say
from .progress import Progress, draw_losses
from .run_folder import RunFolder, portable_name, run_folder


def main(config: Config, options: argparse.Namespace) -> None:
    """Train, from the first step or from the last checkpoint."""
    run, rows = run_folder(config), formatted(config)
    run.refuse_others(config, rows)
    if run.finished:
        say(f"{run.path} is trained; next: make eval (or give the next run another run.name)")
        return
    on = training_device(config.training)
    refuse_precision(config.model.precision, on)
    together = processes(on)  # which refuses what would become DataParallel
    settings = own_share(config.training, together)
    run.refuse_other_processes(together)

    # 1. Data: what cannot be learned from fails before the first step.
    folder = run.confirmed(find_base(run.pinned(config.model)))
    tokenizer = load_tokenizer(folder.path, config.model)
    encoder = ChatEncoder(tokenizer, config.model)
    train = read_examples("train", encoder, config)
    held_out = read_examples("validation", encoder, config)
    refuse_truncated([*train, *held_out], settings)
    random.Random(config.run.seed).shuffle(held_out)  # a time budget may take the first of them
    say(f"train       {lengths(train)}\nvalidation  {lengths(held_out)}\nloading {config.model.id}")

    # 2. Model: the frozen base, and what is trained beside it.
    set_seed(config.run.seed)
    base = load_base(folder.path, config.model, on)
    model = add_adapter(base, config.adapter, checkpointing=settings.gradient_checkpointing)
    model.peft_config["default"].base_model_name_or_path = portable_name(config.model.id)
    say(
        "training {weights}, {precision} on {device}",
        weights=trained_weights(model),
        precision=config.model.precision,
        device=base.device,
    )

    # 3. Steps: epochs by batch, or what the time budget allows. A resumed run keeps its plan.
    collate = AnswerCollator(tokenizer.convert_tokens_to_ids(config.model.pad))
    plan = run.record() or plan_steps(model, settings, collate, train, held_out)
    steps, held_out = plan["steps"], held_out[: plan["validation_rows"]]
    sizes = [len(each.ids) for each in train]
    batches = steps * settings.accumulation * plan["processes"]
    order = training_order(sizes, settings.batch_size, batches, config.run.seed)
    say(
        f"{steps} steps of {len(order) // steps} rows: {len(order) / len(train):.2f} epochs, "
        f"{len(set(order)):,} of {len(train):,} rows; validation on {len(held_out):,} rows"
    )
    if options.dry_run:
        return

    # 4. Train, in a folder that says what is trained and is closed to others meanwhile.
    with alone_in(run.path), run.told_when_full():
        run.begin(config, {**plan, "train_rows": len(train)}, data=rows, folder=folder)
        set_seed(config.run.seed)
        trainer = Trainer(
            model,
            training_arguments(config.model_copy(update={"training": settings}), run, steps),
            data_collator=collate,
            train_dataset=[train[index] for index in order],
            eval_dataset=held_out,
            callbacks=[Progress(sum(sizes[index] for index in order) / steps)],
        )
        fit(trainer, run, tokenizer, config)
    say(f"adapter in {run.adapter}, curve in {run.path / 'loss.png'}; next: make eval")


def own_share(planned: TrainingConfig, processes: int) -> TrainingConfig:
    """The settings of this process; says so where they are not those of run.yaml."""
    settings = share_of_update(planned, processes)
    if processes != planned.processes:
        say(
            "training.processes is {planned}, and {processes} train: batch_size {batch_size} and "
            "accumulation {accumulation} keep {rows} rows an update",
            planned=planned.processes,
            processes=processes,
            batch_size=settings.batch_size,
            accumulation=settings.accumulation,
            rows=settings.batch_size * settings.accumulation * processes,
        )
    return settings


def fit(trainer: Trainer, run: RunFolder, tokenizer: Tokenizer, config: Config) -> None:
    """Train from the last checkpoint on, and leave the best adapter with all that it needs."""
    trainer.remove_callback(PrinterCallback)
    checkpoint = run.last_checkpoint()
    say(f"going on from {checkpoint}" if checkpoint else f"training into {run.path}")
    try:
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    except torch.OutOfMemoryError as error:
        raise ProjectError(
            "the accelerator's memory is full",
            "halve training.batch_size and double training.accumulation",
        ) from error
    if trainer.is_world_process_zero():
        save_adapter(trainer.model, run.adapter)
        tokenizer.save_pretrained(run.adapter)
        write_model_card(run, config)
        say(draw_losses(trainer.state.log_history, run.path / "loss.png"))
        run.finish(trainer.state.best_metric, trainer.state.log_history)


def training_arguments(config: Config, run: RunFolder, steps: int) -> TrainingArguments:
    """The values of run.yaml in the Trainer's words."""
    settings, every = config.training, math.ceil(steps / config.training.evaluations)
    return TrainingArguments(
        output_dir=str(run.checkpoints),
        max_steps=steps,
        learning_rate=settings.learning_rate,
        lr_scheduler_type=settings.schedule,
        warmup_steps=math.ceil(settings.warmup * steps),
        weight_decay=settings.weight_decay,
        max_grad_norm=settings.max_grad_norm,
        per_device_train_batch_size=settings.batch_size,
        per_device_eval_batch_size=settings.batch_size,
        gradient_accumulation_steps=settings.accumulation,
        activation_checkpointing=settings.gradient_checkpointing,
        bf16=config.model.precision == "bf16",
        fp16=config.model.precision == "fp16",
        train_sampling_strategy="sequential",  # the order is training_order's
        eval_strategy="steps",
        eval_steps=every,
        save_strategy="steps",
        save_steps=every,
        save_total_limit=2,  # the best and the last
        load_best_model_at_end=True,
        metric_for_best_model="eval_loss",
        greater_is_better=False,
        logging_steps=max(1, every // 4),
        logging_nan_inf_filter=False,  # a loss that is no number must be seen
        remove_unused_columns=False,  # the examples are tuples, not columns
        prediction_loss_only=True,
        ddp_find_unused_parameters=False,  # every trained weight takes part in every step
        disable_tqdm=True,
        report_to="none",
        seed=config.run.seed,
        use_cpu=settings.device == CPU,
    )


def add_options(parser: argparse.ArgumentParser) -> None:
    """The option that is train's own."""
    parser.add_argument("--dry-run", action="store_true", help="stop before the first step")


if __name__ == "__main__":
    raise SystemExit(command.run(main, __doc__, add_options=add_options))
