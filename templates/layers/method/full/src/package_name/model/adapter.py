"""Full fine-tuning: all weights of the model are trained, in fp32."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, TypeAlias

from transformers import PreTrainedModel, TrainerCallback, TrainerState, TrainingArguments

from ..config import ModelConfig
from ..runtime.messages import fill
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


def prepare_for_training(
    base: PreTrainedModel,
    method: MethodConfig,
    *,
    checkpointing: bool,
    base_name: str,
) -> TunedModel:
    """The base model itself."""
    # a checkpoint holds tied weights once, and the Trainer warns of those that are not named here
    base._keys_to_ignore_on_save = set(base.all_tied_weights_keys)
    return base


def describe_trained_weights(model: TunedModel) -> str:
    """One line: how much is trained."""
    return fill("all {total:,} weights", total=model.num_parameters())


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


@contextmanager
def base_model(
    tuned: TunedModel,
    load: Callable[[], PreTrainedModel],
) -> Iterator[TunedModel]:
    """The base model, which is loaded beside the tuned one."""
    yield load()
