"""Fine-tune the model of config/run.yaml on data/processed: `make train`."""

from __future__ import annotations

import argparse
import gc
import random
import time
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

import torch
from torch.optim.lr_scheduler import LambdaLR
from transformers import PrinterCallback, Trainer, TrainerCallback, TrainingArguments, set_seed

from .config import Config, ModelConfig
from .data.processed_rows import verify_and_hash_rows
from .model.adapter import (
    CALLBACKS,
    TunedModel,
    create_optimizer,
    describe_trained_weights,
    keep_input_precision,
    prepare_for_training,
    save_trained,
)
from .model.chat_encoder import ChatEncoder
from .model.device import CPU, measure_peak_gb
from .model.load import find_base_model, load_base_model, load_tokenizer, read_model_config
from .model.memory import explain_full_memory
from .model.method import get_weights_precision
from .runtime.atomic_files import write_text
from .runtime.lock import exclusive_lock
from .runtime.main import run_command
from .runtime.messages import fill
from .runtime.output import say
from .training.batches import Batches, build_batches, suggest_less_memory
from .training.collator import TargetCollator
from .training.examples import Example, measure_lengths, read_examples, refuse_truncated_examples
from .training.model_card import write_model_card
from .training.progress import plot_losses
from .training.run_dir import RunDir, get_run_dir, to_portable_name
from .training.run_plan import build_callbacks, choose_settings, plan_steps, require_devices
from .training.steps import StepPlan, TrainingInputs, build_steps, print_steps

HELP = """\
Fine-tune the model of config/run.yaml on data/processed: make train

Resumes an interrupted run."""


def main(config: Config, options: argparse.Namespace) -> None:
    """Train, from the first step or from the last checkpoint."""
    began = time.monotonic()
    run, rows = get_run_dir(config), verify_and_hash_rows(config)
    run.refuse_others(config, rows)
    if run.finished:
        say(
            "{path} is trained; next: make eval (or give the next run another run.name)",
            path=run.path,
        )
        return
    on = require_devices(config, run.path, run.record())

    # 1. Data: unusable data fails before the first step.
    folder = run.verify_base_model(find_base_model(run.pin_revision(config.model)))
    tokenizer = load_tokenizer(folder.path, config.model)
    train, held_out = read_all_examples(config, ChatEncoder(tokenizer, config.model))
    collate = TargetCollator(tokenizer.convert_tokens_to_ids(config.model.pad))

    # 2. Model: the base model, prepared by the training method.
    say("loading {model}", model=config.model.id)
    load = partial(load_model, config, folder.path, on)
    inputs = TrainingInputs(config, train, held_out, collate, load, began)
    chosen, record = choose_settings(inputs, run.record())
    settings = chosen.training
    model = load(chosen.model)
    report_model(model, chosen.model.precision)

    # 3. Steps: a resumed run keeps its plan.
    steps = build_steps(train, settings, config.run.seed)
    record = plan_steps(inputs, settings, steps, record)
    held_out = held_out[: record["validation_rows"]]
    print_steps(record["steps"], steps, rows=len(train), validation=len(held_out))
    batches = build_batches(train, held_out, steps, settings)
    if options.dry_run:
        return

    # 4. Train, in a folder that says what is trained and is closed to others meanwhile.
    with exclusive_lock(run.path), run.explain_full_disk():
        run.begin(config, {**record, "train_rows": len(train)}, data=rows, folder=folder)
        plan, callbacks = build_callbacks(settings, steps, record)
        plan.seconds_spent = time.monotonic() - began
        trainer = build_trainer(chosen, run, model, collate, batches, callbacks)
        with explain_full_memory(suggest_less_memory(settings)):
            run_trainer(trainer, run, plan)
        if trainer.is_world_process_zero():
            save_trained(model, run.trained_folder, chosen.model.precision)
            tokenizer.save_pretrained(run.trained_folder)
            finish_run(run, config, folder.path, trainer, plan, peak=measure_peak_gb(on))


def read_all_examples(config: Config, encoder: ChatEncoder) -> tuple[list[Example], list[Example]]:
    """The training and the validation rows as token ids; too many truncated ones are refused."""
    train = read_examples("train", encoder, config)
    held_out = read_examples("validation", encoder, config)
    refuse_truncated_examples([*train, *held_out], config.training)
    random.Random(config.run.seed).shuffle(held_out)  # any first part is a sample
    say("train       {lengths}", lengths=measure_lengths(train))
    say("validation  {lengths}", lengths=measure_lengths(held_out))
    return train, held_out


def load_model(config: Config, folder: Path, on: torch.device, model: ModelConfig) -> TunedModel:
    """The model to train, as `model` says; the seed decides the first values of new weights."""
    gc.collect()  # a model that was loaded to be timed may refer to itself
    set_seed(config.run.seed)
    checkpointing = config.training.gradient_checkpointing
    precision = get_weights_precision(model.precision)
    base = load_base_model(folder, model.model_copy(update={"precision": precision}), on)
    name = to_portable_name(config.model.id)
    tuned = prepare_for_training(base, config.method, checkpointing=checkpointing, base_name=name)
    if checkpointing:
        tuned.activation_checkpointing_enable()  # as the Trainer will: it costs time
    return tuned


def report_model(model: TunedModel, precision: str) -> None:
    """Print what is trained, in which precision and where."""
    say(
        "training {weights}, {precision} on {device}",
        weights=describe_trained_weights(model),
        precision=precision,
        device=model.device,
    )


def build_trainer(
    config: Config,
    run: RunDir,
    model: TunedModel,
    collate: TargetCollator,
    batches: Batches,
    callbacks: Sequence[TrainerCallback],
) -> Trainer:
    """The Trainer with its optimizer; it gets the batches in the order of the steps."""
    set_seed(config.run.seed)
    trainer = Trainer(
        model,
        build_training_arguments(config, run, batches),
        data_collator=collate,
        train_dataset=batches.train,
        eval_dataset=batches.validation,
        callbacks=[*callbacks, *CALLBACKS],
    )
    create_optimizer(trainer, config.method)
    return trainer


def run_trainer(trainer: Trainer, run: RunDir, plan: StepPlan) -> None:
    """Train from the last checkpoint on; the model then has its best weights."""
    trainer.remove_callback(PrinterCallback)
    # checkpoints keep the plan as the state of this schedule
    trainer.lr_scheduler = LambdaLR(trainer.optimizer, plan)
    checkpoint = run.last_checkpoint()
    if checkpoint:
        say("resuming from {checkpoint}", checkpoint=checkpoint)
    else:
        say("training into {path}", path=run.path)
    # in 16 bit, autocast casts what is multiplied: inputs need not become 32 bit before
    with keep_input_precision(trainer.model):
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)


def finish_run(
    run: RunDir, config: Config, base: Path, trainer: Trainer, plan: StepPlan, *, peak: float
) -> None:
    """Write down what came of the run, whose weights are saved, and print where it is."""
    report_memory(run, config, peak=peak)
    write_model_card(run, config, read_model_config(base))
    plot_run(run, trainer)
    run.finish(trainer.state.best_metric, trainer.state.log_history, asdict(plan))
    say(
        "trained weights in {folder}, loss curve in {curve}; next: make eval",
        folder=run.trained_folder,
        curve=run.path / "loss.txt",
    )


def report_memory(run: RunDir, config: Config, *, peak: float) -> None:
    """Record the peak of the memory beside its estimate, and print both."""
    run.note_memory(peak, config.run.estimated_memory_gb)
    if config.run.estimated_memory_gb:
        low, high = config.run.estimated_memory_gb
        say("estimate of memory {low:.1f} to {high:.1f} GB", low=low, high=high)
    say("peak of memory     {peak:.1f} GB", peak=peak)


def plot_run(run: RunDir, trainer: Trainer) -> None:
    """Write the loss curve beside the trained weights, and print it."""
    curve = plot_losses(trainer.state.log_history)
    write_text(run.path / "loss.txt", curve + "\n")
    say(curve)


def build_training_arguments(config: Config, run: RunDir, batches: Batches) -> TrainingArguments:
    """The values of run.yaml as the Trainer names them; ProgressCallback says when to validate."""
    settings = config.training
    most = len(batches.train) // (
        batches.batch_size * batches.gradient_accumulation_steps * settings.processes
    )
    return TrainingArguments(
        output_dir=str(run.checkpoints),
        max_steps=most,
        learning_rate=settings.learning_rate,
        weight_decay=settings.weight_decay,
        max_grad_norm=settings.max_grad_norm,
        per_device_train_batch_size=batches.batch_size,
        per_device_eval_batch_size=settings.batch_size,
        gradient_accumulation_steps=batches.gradient_accumulation_steps,
        activation_checkpointing=settings.gradient_checkpointing,
        bf16=config.model.precision == "bf16",
        fp16=config.model.precision == "fp16",
        train_sampling_strategy="sequential",  # the order is that of order_by_length
        eval_strategy="steps",
        eval_steps=most,
        save_strategy="steps",
        save_steps=most,
        save_total_limit=2,  # the best and the last
        load_best_model_at_end=True,
        metric_for_best_model="eval_loss",
        greater_is_better=False,
        logging_strategy="no",
        logging_nan_inf_filter=False,  # keep NaN losses in the log
        remove_unused_columns=False,  # the examples are tuples, not columns
        prediction_loss_only=True,
        ddp_find_unused_parameters=False,  # every trained weight takes part in every step
        disable_tqdm=True,
        report_to="none",
        seed=config.run.seed,
        use_cpu=settings.device == CPU,
    )


def add_options(parser: argparse._ActionsContainer) -> None:
    """The option that is train's own."""
    parser.add_argument("--dry-run", action="store_true", help=fill("stop before the first step"))


if __name__ == "__main__":
    raise SystemExit(run_command(main, HELP, add_options=add_options))
