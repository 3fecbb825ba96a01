"""A model whose own weights are trained: how it is saved and loaded, and where its base is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, TypeAlias

from transformers import (
    DynamicCache,
    PreTrainedModel,
    Trainer,
    TrainerCallback,
    TrainerState,
    TrainingArguments,
)

from ..config import ModelConfig
from .load import DTYPES, RESTORE_TRAINED_HINT, load_base_model
from .method import MethodConfig

TunedModel: TypeAlias = PreTrainedModel


class DropOldOptimizerStates(TrainerCallback):
    """Keeps optimizer states in the last checkpoint alone.

    They are two thirds of a checkpoint, and training goes on from the last one; of the best one,
    only the weights are used.
    """

    def on_save(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: object,
        **_: Any,
    ) -> None:
        """Delete those of the checkpoints before the one that was just written."""
        if state.is_world_process_zero:
            last = f"checkpoint-{state.global_step}"
            for states in Path(args.output_dir).glob("checkpoint-*/optimizer.pt"):
                if states.parent.name != last:
                    states.unlink()


CALLBACKS: tuple[TrainerCallback, ...] = (DropOldOptimizerStates(),)  # of the Trainer


def create_optimizer(trainer: Trainer, method: MethodConfig) -> None:
    """AdamW with one learning rate for all trained weights."""
    trainer.create_optimizer()


def keep_input_precision(model: TunedModel) -> AbstractContextManager[object]:
    """Nothing casts inputs but autocast."""
    return nullcontext()


def save_trained(model: TunedModel, folder: Path, precision: str) -> None:
    """Write the model, in the precision in which it answers."""
    model.to(DTYPES[precision]).save_pretrained(str(folder))


def load_trained(base_folder: Path, model: ModelConfig, trained: Path) -> TunedModel:
    """The trained model, ready to answer."""
    tuned = load_base_model(trained, model, hint=RESTORE_TRAINED_HINT)
    tuned.eval()
    return tuned


def begin_cache(model: TunedModel) -> DynamicCache:
    """The cache with which every text begins: an empty one."""
    return DynamicCache(config=model.config)


@contextmanager
def base_model(
    tuned: TunedModel,
    load: Callable[[], PreTrainedModel],
) -> Iterator[TunedModel]:
    """The base model, which is loaded beside the tuned one."""
    yield load()
