"""Prefix tuning: learned keys and values before every text (P-tuning v2, arXiv:2110.07602).

A projection produces them while they are trained. What is saved is the prefix itself, which peft
reads; checkpoints keep the projection, from which training goes on.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import torch
from peft import PeftConfig, PeftModel, PeftModelForCausalLM, PrefixTuningConfig
from peft.utils import load_peft_weights, set_peft_model_state_dict
from safetensors.torch import load_file, save_file
from transformers import DynamicCache, PreTrainedModel, Trainer, TrainerCallback

from ..config import ModelConfig
from ..runtime.damaged_files import explain_read_errors
from ..runtime.messages import fill
from .load import RESTORE_TRAINED_HINT, load_base_model
from .method import WEIGHTS_FILE, MethodConfig

TunedModel: TypeAlias = PeftModel
CALLBACKS: tuple[TrainerCallback, ...] = ()  # of the Trainer


class PrefixModel(PeftModelForCausalLM):
    """peft's model, which also goes on from a cache: one that is given begins with the prefix."""

    def forward(self, *inputs: Any, **options: Any) -> Any:
        """The base model after the prefix, or after the text in the cache."""
        if options.get("cache") is not None:
            return self.base_model(*inputs, **options)
        with warnings.catch_warnings():  # peft 0.21 gives the cache by its former name
            warnings.filterwarnings("ignore", message="`past_key_values` is deprecated")
            return super().forward(*inputs, **options)


def prepare_for_training(
    base: PreTrainedModel, method: MethodConfig, *, checkpointing: bool, base_name: str
) -> TunedModel:
    """The base model with a prefix, which names it; only what produces the prefix is trained."""
    prefix = PrefixTuningConfig(
        task_type="CAUSAL_LM",
        num_virtual_tokens=method.num_virtual_tokens,
        prefix_projection=True,
        encoder_hidden_size=method.projection_size,
        base_model_name_or_path=base_name,
    )
    with _ignore_renamed_property():
        tuned = PrefixModel(base, prefix)
    # the Trainer writes and reads checkpoints with these: peft would write the prefix alone, from
    # which the projection cannot be told
    tuned.save_pretrained = partial(_save_projection, tuned)
    tuned.load_adapter = partial(_load_projection, tuned)
    tuned.create_or_update_model_card = lambda _: None
    return tuned


def _save_projection(tuned: PrefixModel, folder: str, **_: Any) -> None:
    """Write a checkpoint: the projection with its configuration."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    tuned.peft_config["default"].save_pretrained(folder)
    save_file(tuned.prompt_encoder.state_dict(), Path(folder) / WEIGHTS_FILE)


def _load_projection(tuned: PrefixModel, folder: str, *_: Any, **__: Any) -> None:
    """Read a checkpoint into the model."""
    tuned.prompt_encoder.load_state_dict(load_file(Path(folder) / WEIGHTS_FILE))


def create_optimizer(trainer: Trainer, method: MethodConfig) -> None:
    """AdamW with one learning rate for all trained weights."""
    trainer.create_optimizer()


def describe_trained_weights(model: TunedModel) -> str:
    """One line: how much is trained, for how long a prefix."""
    trained, total = model.get_nb_trainable_parameters()
    return fill(
        "{trained:,} weights beside {total:,}, for a prefix of {tokens} tokens",
        trained=trained,
        total=total - trained,
        tokens=model.peft_config["default"].num_virtual_tokens,
    )


def keep_input_precision(model: TunedModel) -> AbstractContextManager[object]:
    """Nothing casts inputs but autocast."""
    return nullcontext()


def save_trained(model: TunedModel, folder: Path, precision: str) -> None:
    """Write the prefix, without what produces it."""
    PeftModel.save_pretrained(model, str(folder), save_embedding_layers=False)


def load_trained(base_folder: Path, model: ModelConfig, trained: Path) -> TunedModel:
    """The base model with a trained prefix, ready to answer."""
    base = load_base_model(base_folder, model)
    with explain_read_errors(trained, RESTORE_TRAINED_HINT), _ignore_renamed_property():
        tuned = PrefixModel(base, PeftConfig.from_pretrained(str(trained)))
        set_peft_model_state_dict(tuned, load_peft_weights(str(trained)))
    tuned.to(base.device).eval()
    return tuned


@torch.inference_mode()
def begin_cache(model: TunedModel | PreTrainedModel) -> DynamicCache:
    """The cache with which every text begins: the prefix; without one, an empty one."""
    if isinstance(model, PrefixModel):
        return model.get_prompt(batch_size=1)
    return DynamicCache(config=model.config)


@contextmanager
def base_model(
    tuned: TunedModel,
    load: Callable[[], PreTrainedModel],
) -> Iterator[PreTrainedModel]:
    """The base model, which knows nothing of the prefix."""
    yield tuned.get_base_model()


@contextmanager
def _ignore_renamed_property() -> Iterator[None]:
    """Hide a warning: peft 0.21 reads a property of transformers 5.24 by its old name."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="`is_gradient_checkpointing` is deprecated")
        yield
