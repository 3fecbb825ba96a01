"""What other tools call the values of the recipe."""

from __future__ import annotations

from collections.abc import Mapping

LLAMA_FACTORY = {
    "lora_rank": "rank",
    "lora_alpha": "alpha",
    "lora_dropout": "dropout",
    "use_dora": "dora",
    "use_rslora": "rslora",
    "pissa_init": "pissa",
    "loraplus_lr_ratio": "loraplus_lr_ratio",
    "freeze_trainable_layers": "trained_blocks",
    "learning_rate": "learning_rate",
    "num_train_epochs": "epochs",
    "per_device_train_batch_size": "batch_size",
    "gradient_accumulation_steps": "gradient_accumulation_steps",
    "warmup_ratio": "warmup_ratio",
    "weight_decay": "weight_decay",
    "max_grad_norm": "max_grad_norm",
    "cutoff_len": "max_length",
    "seed": "seed",
    "gradient_checkpointing": "gradient_checkpointing",
}
AXOLOTL = {
    "lora_r": "rank",
    "lora_alpha": "alpha",
    "lora_dropout": "dropout",
    "peft_use_dora": "dora",
    "peft_use_rslora": "rslora",
    "loraplus_lr_ratio": "loraplus_lr_ratio",
    "learning_rate": "learning_rate",
    "num_epochs": "epochs",
    "micro_batch_size": "batch_size",
    "gradient_accumulation_steps": "gradient_accumulation_steps",
    "warmup_ratio": "warmup_ratio",
    "weight_decay": "weight_decay",
    "max_grad_norm": "max_grad_norm",
    "sequence_len": "max_length",
    "seed": "seed",
}
SKETCH = {  # by group
    "training_args": {
        "learning_rate": "learning_rate",
        "num_train_epochs": "epochs",
        "per_device_train_batch_size": "batch_size",
        "gradient_accumulation_steps": "gradient_accumulation_steps",
        "lr_scheduler_type": "lr_scheduler",
        "warmup_ratio": "warmup_ratio",
        "weight_decay": "weight_decay",
        "max_grad_norm": "max_grad_norm",
        "max_length": "max_length",
        "seed": "seed",
        "gradient_checkpointing": "gradient_checkpointing",
    },
    "lora_config": {
        "r": "rank",
        "rank": "rank",
        "lora_rank": "rank",
        "alpha": "alpha",
        "lora_alpha": "alpha",
        "dropout": "dropout",
        "lora_dropout": "dropout",
        "target_modules": "target_modules",
        "use_dora": "dora",
        "use_rslora": "rslora",
    },
}
# names of tools whose values a file does not carry over as they are
OTHERS = {
    "lora_target": "target_modules",
    "lora_target_modules": "target_modules",
    "lr_scheduler_type": "lr_scheduler",
    "lorap_lr_ratio": "loraplus_lr_ratio",
    "bf16": "precision",
}
_NAMES: Mapping[str, str] = (
    LLAMA_FACTORY | AXOLOTL | SKETCH["training_args"] | SKETCH["lora_config"] | OTHERS
)


def find_recipe_name(key: str) -> str | None:
    """Return what newft calls a value by the name that another tool has for it."""
    return _NAMES.get(key)


def list_foreign_names() -> list[str]:
    """List the names that other tools have."""
    return [*_NAMES]
