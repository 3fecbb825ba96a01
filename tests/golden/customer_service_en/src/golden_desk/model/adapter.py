"""LoRA: small trainable matrices beside frozen weights (Hu et al. 2021, arXiv:2106.09685)."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import TypeAlias

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from peft.helpers import disable_input_dtype_casting
from peft.optimizers import create_loraplus_optimizer
from peft.utils import get_peft_model_state_dict
from safetensors.torch import load_file, save_file
from transformers import DynamicCache, PreTrainedModel, Trainer, TrainerCallback

from ..config import ModelConfig
from ..runtime.atomic_files import explain_read_errors
from ..runtime.errors import ProjectError
from ..runtime.messages import fill
from .adapted_modules import check_adapted_modules
from .load import RESTORE_TRAINED_HINT, load_base_model
from .method import CONFIG_FILE, MethodConfig

TunedModel: TypeAlias = PeftModel
CALLBACKS: tuple[TrainerCallback, ...] = ()  # of the Trainer
# the principal components from 16 iterations: seconds instead of minutes for a model of billions
PISSA = "pissa_niter_16"


def prepare_for_training(
    base: PreTrainedModel, method: MethodConfig, *, checkpointing: bool, base_name: str
) -> TunedModel:
    """The base model with an adapter, which names it; only the adapter's weights are trained."""
    if checkpointing:
        # frozen embeddings give outputs without gradient: checkpointing would train nothing
        base.enable_input_require_grads()
    try:
        adapter = LoraConfig(
            task_type="CAUSAL_LM",
            r=method.rank,
            lora_alpha=method.alpha,
            lora_dropout=method.dropout,
            target_modules=method.target_modules,
            target_parameters=method.target_parameters or None,
            use_rslora=method.rslora,
            use_dora=method.dora,
            init_lora_weights=PISSA if method.pissa else True,
        )
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
    if method.pissa:
        # PiSSA took this out of the base weights: what is saved must put it back
        state = get_peft_model_state_dict(tuned, save_embedding_layers=False)
        tuned.first_adapter = {
            name: weight.detach().cpu().clone() for name, weight in state.items()
        }
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
    if model.peft_config["default"].init_lora_weights == PISSA:
        _convert_to_lora(folder, model.first_adapter)


def _convert_to_lora(folder: Path, first: Mapping[str, torch.Tensor]) -> None:
    """Turn a PiSSA adapter into LoRA of twice the rank for the base model as it was.

    B A - B0 A0, where 0 is the first adapter, is [B, -B0] [A; A0].
    """
    weights, settings = folder / "adapter_model.safetensors", folder / CONFIG_FILE
    joined = {
        name: torch.cat([weight, first[name]], dim=0)
        if "lora_A" in name
        else torch.cat([weight, -first[name]], dim=1)
        for name, weight in load_file(weights).items()
    }
    save_file(joined, weights, metadata={"format": "pt"})
    config = json.loads(settings.read_text(encoding="utf-8"))
    config["init_lora_weights"] = True
    config["r"] *= 2
    config["lora_alpha"] *= 2**0.5 if config["use_rslora"] else 2  # the scale stays the same
    settings.write_text(json.dumps(config, indent=2), encoding="utf-8")


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
