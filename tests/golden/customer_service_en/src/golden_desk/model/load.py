"""The base model and its tokenizer, loaded the same way to train, evaluate and chat."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import torch
import transformers
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForImageTextToText,
    AutoTokenizer,
    GenerationConfig,
    PreTrainedConfig,
    PreTrainedModel,
)
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

from ..config import ModelConfig
from ..data.summary import shorten_list
from ..runtime.damaged_files import explain_read_errors
from ..runtime.errors import ProjectError
from ..runtime.messages import fill
from ..runtime.output import say
from .chat_encoder import Tokenizer
from .chat_template import fix_date
from .device import current_device
from .fetch import fetch_model_folder
from .loading_options import choose_loading_options
from .memory import explain_full_memory
from .stored_weights import prepare_stored_weights
from .verify import ModelFolder
from .weight_count import WeightCount

transformers.utils.logging.disable_progress_bar()  # it tells of seconds, in hundreds of lines

# an extended vocabulary changes the number of parameters by less, another size by far more
SIZE_TOLERANCE = 0.01
RESTORE_TRAINED_HINT = "restore it from a backup; or delete the run and train again"
REPLACE_MODEL_HINT = "copy the model folder again from its source, or choose another model.id"
DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def find_base_model(model: ModelConfig) -> ModelFolder:
    """The folder of the base model, once it is sure to hold the model that run.yaml describes."""
    folder = fetch_model_folder(model)
    _refuse_other_model(folder.path, model)
    return folder


def _refuse_other_model(folder: Path, model: ModelConfig) -> None:
    """Compare architecture and size with run.yaml, without loading the weights."""
    found = build_without_weights(folder)
    architecture, parameters = type(found).__name__, found.num_parameters()
    planned = model.parameters or parameters
    if (model.architecture or architecture) == architecture and (
        abs(parameters - planned) <= SIZE_TOLERANCE * planned
    ):
        return
    raise ProjectError(
        "{folder} contains {found}, but run.yaml describes {id} as {described}",
        "correct model.id; or generate a project with values for this model: newft new FOLDER "
        "--model {id}; to skip the comparison, set model.architecture and model.parameters to null",
        folder=folder,
        found=_describe_model(architecture, parameters),
        id=model.id,
        described=_describe_model(model.architecture, model.parameters),
    )


def build_without_weights(folder: Path) -> PreTrainedModel:
    """The model that config.json describes, on the meta device: its modules and their shapes."""
    with explain_read_errors(folder / "config.json", REPLACE_MODEL_HINT), torch.device("meta"):
        config = read_model_config(folder)
        model: PreTrainedModel = get_auto_class(config).from_config(config, trust_remote_code=False)
    return model


def read_model_config(folder: Path) -> PreTrainedConfig:
    """What config.json says, once its weights are sure to be of a kind that can be trained."""
    config = AutoConfig.from_pretrained(folder, trust_remote_code=False)
    prepare_stored_weights(config, folder)
    return config


def count_weights(model: PreTrainedModel) -> WeightCount:
    """Count the weights of a model, which may lie on the meta device."""
    head = model.get_output_embeddings()
    linear = sum(
        module.in_features * module.out_features
        for module in model.modules()
        if isinstance(module, torch.nn.Linear) and module is not head
    )
    return WeightCount(linear, model.num_parameters() - linear)


def get_auto_class(
    config: PreTrainedConfig,
) -> type[AutoModelForCausalLM] | type[AutoModelForImageTextToText]:
    """Some models that also see images are known to transformers as such only."""
    if config.model_type in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES:
        return AutoModelForCausalLM
    return AutoModelForImageTextToText


def _describe_model(architecture: str | None, parameters: int | None) -> str:
    if parameters is None:
        return architecture or ""
    return fill(
        "{architecture} with {parameters:,} parameters",
        architecture=architecture or "?",
        parameters=parameters,
    )


def load_tokenizer(folder: Path, model: ModelConfig) -> Tokenizer:
    """The tokenizer, with the padding token and end of turn that run.yaml names."""
    with explain_read_errors(folder / "tokenizer.json", REPLACE_MODEL_HINT):
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    names = [("end_of_turn", model.end_of_turn), ("pad", model.pad)]
    for key, token in [*names, *(("stop_tokens", token) for token in model.stop_tokens)]:
        unknown = (None, tokenizer.unk_token_id)
        if tokenizer.convert_tokens_to_ids(token) in unknown and token != tokenizer.unk_token:
            raise ProjectError(
                "model.{key} is {token}, which is not a token of this tokenizer",
                "check tokenizer_config.json in the model folder",
                key=key,
                token=repr(token),
            )
    if not tokenizer.chat_template:
        raise ProjectError(
            "{folder} has no chat template", "choose an instruct or chat model", folder=folder
        )
    for name in model.template_arguments:
        if not re.search(rf"\b{re.escape(name)}\b", str(tokenizer.chat_template)):
            say(
                "warning: the chat template has no {name}: model.template_arguments.{name} has no "
                "effect",
                name=name,
                file=sys.stderr,
            )
    fix_date(tokenizer)
    tokenizer.pad_token = model.pad
    tokenizer.padding_side = "left"
    return tokenizer


def load_base_model(
    folder: Path,
    model: ModelConfig,
    on: torch.device | None = None,
    hint: str = REPLACE_MODEL_HINT,
) -> PreTrainedModel:
    """A model on a device, or on the best of this machine, in the precision of run.yaml.

    `hint` says what to do about a folder that is damaged.
    """
    device = on or current_device()
    options = choose_loading_options(DTYPES[model.precision], device)
    smaller = fill("close other programs, or choose a smaller model")
    with explain_full_memory(smaller), explain_read_errors(folder, hint):
        own = read_model_config(folder)
        own._attn_implementation = model.attention  # config.json may name one, which would win
        base, report = get_auto_class(own).from_pretrained(
            folder,
            config=own,
            attn_implementation=model.attention,
            trust_remote_code=False,
            use_safetensors=True,
            output_loading_info=True,
            **options,
        )
        base = base.to(device)
    if missing := sorted(report["missing_keys"]):  # transformers would fill them with noise
        raise ProjectError(
            "{folder} has no weights for {names}, which its config.json requires",
            hint,
            folder=folder,
            names=shorten_list(missing),
        )
    # only where to stop is kept: sampling and penalties of a chat would bend greedy answers
    base.generation_config = GenerationConfig(eos_token_id=base.generation_config.eos_token_id)
    return base


def get_stop_token_ids(
    base: PreTrainedModel, tokenizer: Tokenizer, model: ModelConfig
) -> list[int]:
    """What ends an answer: the family's tokens, and whatever the model itself ends with."""
    own = base.generation_config.eos_token_id
    own = own if isinstance(own, list) else [own]
    named = tokenizer.convert_tokens_to_ids([model.end_of_turn, *model.stop_tokens])
    known = {*named, tokenizer.eos_token_id, *own}
    return sorted(known - {None})
