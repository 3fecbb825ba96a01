"""A model with a LoRA adapter: small trainable matrices beside frozen weights.

Hu et al. 2021, arXiv:2106.09685.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import TypeAlias

from peft import LoraConfig, PeftModel, get_peft_model
from peft.helpers import disable_input_dtype_casting
from peft.optimizers import create_loraplus_optimizer
from transformers import DynamicCache, PreTrainedModel, Trainer, TrainerCallback

from ..config import ModelConfig
from ..runtime.damaged_files import explain_read_errors
from ..runtime.errors import ProjectError
from ..runtime.messages import fill
from .adapted_modules import check_adapted_modules
from .load import RESTORE_TRAINED_HINT, load_base_model
from .method import MethodConfig

TunedModel: TypeAlias = PeftModel
CALLBACKS: tuple[TrainerCallback, ...] = ()  # of the Trainer


def prepare_for_training(
    base: PreTrainedModel, method: MethodConfig, *, checkpointing: bool, base_name: str
) -> TunedModel:
    """The base model with an adapter, which names it; only the adapter's weights are trained."""
    if checkpointing:
        # frozen embeddings give outputs without gradient: checkpointing would train nothing
        base.enable_input_require_grads()
    try:
        adapter = LoraConfig(task_type="CAUSAL_LM", **method.list_adapter_options())
        with _ignore_renamed_property():
            tuned = get_peft_model(base, adapter)
    except (ValueError, re.error) as error:  # peft reads a text as a regular expression
        if isinstance(error, ValueError) and "target" not in str(error).lower():
            raise
        raise ProjectError(
            "method.target_modules matches no module of this model: {targets}",
            "write all-linear, or names from model.named_modules()",
            targets=method.target_modules,
        ) from error
    check_adapted_modules(tuned, method.target_modules)
    # the Trainer saves with these, too: peft would ask a hub for a vocabulary that nothing here
    # changes, and write a blank model card with the path of the base model into every checkpoint
    tuned.save_pretrained = partial(tuned.save_pretrained, save_embedding_layers=False)
    tuned.create_or_update_model_card = lambda _: None
    tuned.peft_config["default"].base_model_name_or_path = base_name
    return tuned


def create_optimizer(trainer: Trainer, method: MethodConfig) -> None:
    """AdamW; with LoRA+, matrix B learns faster than A."""
    if method.loraplus_lr_ratio == 1:
        trainer.create_optimizer()
        return
    kind, options = Trainer.get_optimizer_cls_and_kwargs(trainer.args, trainer.model)
    trainer.optimizer = create_loraplus_optimizer(
        trainer.model,
        kind,
        loraplus_lr_ratio=method.loraplus_lr_ratio,
        loraplus_weight_decay=trainer.args.weight_decay,
        **options,
    )


def describe_trained_weights(model: TunedModel) -> str:
    """One line: how much is trained, and where."""
    trained, total = model.get_nb_trainable_parameters()
    modules = sum(name.endswith("lora_A") for name, _ in model.named_modules())
    return fill(
        "{trained:,} of {total:,} weights ({share:.2%}) in {modules} modules",
        trained=trained,
        total=total,
        share=trained / total,
        modules=modules,
    )


def keep_input_precision(model: TunedModel) -> AbstractContextManager[object]:
    """Leave casts to autocast, which casts what is multiplied: peft casts all inputs to fp32."""
    return disable_input_dtype_casting(model)


def save_trained(model: TunedModel, folder: Path, precision: str) -> None:
    """Write the adapter."""
    model.save_pretrained(str(folder))


def load_trained(base_folder: Path, model: ModelConfig, trained: Path) -> TunedModel:
    """The base model with a trained adapter, ready to answer."""
    base = load_base_model(base_folder, model)
    with explain_read_errors(trained, RESTORE_TRAINED_HINT), _ignore_renamed_property():
        tuned = PeftModel.from_pretrained(base, str(trained))
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
    """The base model: the tuned one with its adapter switched off."""
    with tuned.disable_adapter():
        yield tuned


@contextmanager
def _ignore_renamed_property() -> Iterator[None]:
    """Hide a warning: peft 0.21 reads a property of transformers 5.24 by its old name."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="`is_gradient_checkpointing` is deprecated")
        yield
