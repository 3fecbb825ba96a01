"""The base model and its tokenizer, loaded the same way to train, evaluate and chat."""

from __future__ import annotations

import warnings
from pathlib import Path

import torch
import transformers
from peft import PeftModel
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoTokenizer,
    GenerationConfig,
    PreTrainedModel,
)

from .chat_tokens import Tokenizer
from .config import ModelConfig
from .devices import device
from .errors import ProjectError

transformers.utils.logging.disable_progress_bar()  # it tells of seconds, in hundreds of lines
# peft 0.21 still asks transformers 5.24 by the old name; nothing here can change that
warnings.filterwarnings("ignore", message="`is_gradient_checkpointing` is deprecated")

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def load_tokenizer(folder: Path, model: ModelConfig) -> Tokenizer:
    """The tokenizer, with the padding token and end of turn that run.yaml names."""
    tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    for key, token in (("end_of_turn", model.end_of_turn), ("pad", model.pad)):
        if tokenizer.convert_tokens_to_ids(token) in (None, tokenizer.unk_token_id):
            raise ProjectError(
                f"model.{key} is {token!r}, which this tokenizer does not know",
                "look at tokenizer_config.json in the model's folder",
            )
    if not tokenizer.chat_template:
        raise ProjectError(f"{folder} has no chat template", "choose an instruct or chat model")
    tokenizer.pad_token = model.pad
    tokenizer.padding_side = "left"
    return tokenizer


def load_base(folder: Path, model: ModelConfig) -> PreTrainedModel:
    """The base model on this process's device, in the precision of run.yaml."""
    own = AutoConfig.from_pretrained(folder, trust_remote_code=False)
    own._attn_implementation = model.attention  # config.json may name one, which would win
    base = AutoModelForCausalLM.from_pretrained(
        folder,
        config=own,
        dtype=DTYPES[model.precision],
        attn_implementation=model.attention,
        trust_remote_code=False,
        use_safetensors=True,
    )
    # only where to stop is kept: sampling and penalties of a chat would bend greedy answers
    base.generation_config = GenerationConfig(eos_token_id=base.generation_config.eos_token_id)
    return base.to(device())


def stop_tokens(
    base: PreTrainedModel | PeftModel, tokenizer: Tokenizer, model: ModelConfig
) -> list[int]:
    """What ends an answer: the family's end of turn, and whatever the model itself ends with."""
    own = base.generation_config.eos_token_id
    own = own if isinstance(own, list) else [own]
    known = {tokenizer.convert_tokens_to_ids(model.end_of_turn), tokenizer.eos_token_id, *own}
    return sorted(known - {None})


def load_tuned(folder: Path, model: ModelConfig, adapter: Path) -> PeftModel:
    """The base model with a trained adapter, ready to answer."""
    tuned = PeftModel.from_pretrained(load_base(folder, model), str(adapter))
    tuned.eval()
    return tuned
