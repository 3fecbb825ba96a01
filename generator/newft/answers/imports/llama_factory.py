"""Read a training configuration of LLaMA-Factory, and the dataset_info.json that it names."""

from __future__ import annotations

from newft.answers.imports.carried import (
    ADAM,
    PACKING,
    RECIPE_PREFIX,
    Carrier,
    ChatTemplate,
    ImportedAnswers,
    choose_precision,
    name_model,
)
from newft.answers.imports.dataset_info import carry_data_sets
from newft.answers.imports.recipe_names import LLAMA_FACTORY as RECIPE_KEYS
from newft.text import Text, join_texts

TITLE = "LLaMA-Factory"
MODEL_KEY = "model_name_or_path"
METHODS = ("lora", "full", "freeze")
OF_LORA = (
    *("lora_rank", "lora_alpha", "lora_dropout", "lora_target", "use_dora", "use_rslora"),
    *("pissa_init", "loraplus_lr_ratio", "additional_target"),
)
OF_FREEZE = ("freeze_trainable_layers", "freeze_trainable_modules", "freeze_extra_modules")
# its hparams/finetuning_args.py, and TrainingArguments of transformers: the name in the recipe,
# and the value where the file is silent; cutoff_len only shortens rows, which newft measures
DEFAULTS = {
    "learning_rate": ("learning_rate", "5.0e-5"),
    "num_train_epochs": ("epochs", "3"),
    "per_device_train_batch_size": ("batch_size", "8"),
    "gradient_accumulation_steps": ("gradient_accumulation_steps", "1"),
    "lr_scheduler_type": ("lr_scheduler", "linear"),
    "warmup_ratio": ("warmup_ratio", "0.0"),
    "weight_decay": ("weight_decay", "0.0"),
    "max_grad_norm": ("max_grad_norm", "1.0"),
}
LORA_DEFAULTS = {"lora_rank": ("rank", "8"), "lora_dropout": ("dropout", "0.0")}
FREEZE_DEFAULTS = {"freeze_trainable_layers": ("trained_blocks", "2")}
STAND_INS = {"num_train_epochs": "max_steps", "warmup_ratio": "warmup_steps"}
OWN_WAY = """
    do_train do_eval do_predict output_dir overwrite_output_dir overwrite_cache logging_steps
    logging_strategy save_steps save_strategy save_total_limit save_only_model plot_loss report_to
    eval_strategy evaluation_strategy eval_steps eval_on_start val_size per_device_eval_batch_size
    load_best_model_at_end metric_for_best_model greater_is_better early_stopping_steps
    preprocessing_num_workers dataloader_num_workers dataloader_pin_memory ddp_timeout run_name
    resume_from_checkpoint trust_remote_code quantization_method quantization_type
    double_quantization use_fast_tokenizer flash_attn print_param_status data_seed
    low_cpu_mem_usage upcast_layernorm ddp_find_unused_parameters include_num_input_tokens_seen
    predict_with_generate compute_accuracy buffer_size preprocessing_batch_size tokenized_path
    remove_unused_columns split_special_tokens
    freeze_vision_tower freeze_multi_modal_projector disable_shuffling hf_hub_token ms_hub_token
    cache_dir use_swanlab swanlab_project swanlab_run_name ignore_pad_token_for_loss
    create_new_adapter bf16_full_eval fp16_full_eval hub_token om_hub_token skip_special_tokens
    gradient_checkpointing_kwargs init_special_tokens ppo_buffer_size
""".split()  # noqa: SIM905 - sixty quotes would hide the words
LOST = {
    "train_on_prompt": Text("newft trains on answers alone", "newft 只训练答案部分"),
    "mask_history": Text("newft trains on every answer of a chat", "newft 训练对话中的每个回答"),
    "enable_thinking": Text(
        "newft trains on answers without thinking", "newft 训练不含思考过程的回答"
    ),
    "adapter_name_or_path": Text(
        "newft trains a new adapter; merge this one into the model, and name that folder",
        "newft 会训练新的适配器；请先合并该适配器，再填合并后的文件夹",
    ),
    "additional_target": Text(
        "newft trains no whole modules beside an adapter", "newft 不在适配器之外训练完整模块"
    ),
    "max_steps": Text("give epochs: the steps follow from them", "请给出轮数，步数由此得出"),
    "max_samples": Text("all rows are used", "使用全部数据行"),
    "warmup_steps": Text("give warmup_ratio instead", "请改用 warmup_ratio"),
    "neftune_noise_alpha": Text("newft does not have NEFTune", "newft 没有 NEFTune"),
    "rope_scaling": Text("newft does not change the context", "newft 不改变上下文长度"),
    "default_system": Text(
        "the prompts of a project are in config/run.yaml, task.system",
        "项目的提示词在 config/run.yaml 的 task.system",
    ),
    "use_galore": Text("newft does not have GaLore", "newft 没有 GaLore"),
    "use_badam": Text("newft does not have BAdam", "newft 没有 BAdam"),
    "max_length": Text(
        "LLaMA-Factory reads it to generate only; for training there is cutoff_len",
        "LLaMA-Factory 只在生成时读取；训练用的是 cutoff_len",
    ),
    "use_unsloth_gc": Text("newft does not use Unsloth", "newft 不使用 Unsloth"),
    "use_unsloth": Text("newft does not use Unsloth", "newft 不使用 Unsloth"),
    "enable_liger_kernel": Text("newft does not use Liger kernels", "newft 不使用 Liger 内核"),
}


def import_llama_factory(carrier: Carrier) -> ImportedAnswers:
    """Return the answers that a training configuration gives."""
    _refuse_other_stages(carrier)
    name_model(carrier, MODEL_KEY)
    carrier.carry("model_revision", "revision")
    method = _carry_method(carrier)
    left = {key: name for key, name in RECIPE_KEYS.items() if key not in carrier.taken}
    carrier.carry_all(left)
    if carrier.take("disable_gradient_checkpointing") is True:
        carrier.answers[f"{RECIPE_PREFIX}gradient_checkpointing"] = "false"
    carrier.carry_schedule("lr_scheduler_type")
    of_method = {"full": {}, "freeze": FREEZE_DEFAULTS}.get(method, LORA_DEFAULTS)
    carrier.take_defaults(TITLE, DEFAULTS | of_method, STAND_INS)
    choose_precision(carrier, ("bf16", "pure_bf16"), ("fp16",))
    carrier.check_optimizer("optim")
    template = carrier.take("template")
    carrier.check_kind("template", "value", holds=template is None or isinstance(template, str))
    carry_data_sets(carrier)
    carrier.lose_unless_usual(ADAM)
    carrier.lose_if_set(LOST)
    _compare_packing(carrier)
    carrier.lose_sharding()
    carrier.skip(OWN_WAY)
    named = ChatTemplate(template, carrier.locate("template")) if template else None
    return carrier.finish(TITLE, RECIPE_KEYS, named)


def _refuse_other_stages(carrier: Carrier) -> None:
    stage = carrier.take("stage")
    if stage not in (None, "sft"):
        raise carrier.refuse(
            "stage",
            Text(
                f"the stage is {stage}, and newft trains on answers only (sft)",
                f"训练阶段为 {stage}，而 newft 只做指令微调（sft）",
            ),
            Text("give the configuration of the stage sft", "请给出 sft 阶段的配置"),
        )
    if "export_dir" in carrier.values:
        raise carrier.refuse(
            "export_dir",
            Text(
                "this file merges an adapter, it does not train",
                "此文件用于合并适配器，不是训练配置",
            ),
            Text("give the file that trained the adapter", "请给出训练该适配器所用的文件"),
        )


def _carry_method(carrier: Carrier) -> str:
    kind = carrier.take("finetuning_type") or "lora"
    if kind not in METHODS:
        raise carrier.refuse(
            "finetuning_type",
            Text(f"newft does not have the method {kind}", f"newft 没有 {kind} 这种微调方法"),
            Text(f"it has: {', '.join(METHODS)}", f"可用的有：{'、'.join(METHODS)}"),
        )
    bits = carrier.take("quantization_bit")
    method = "qlora" if kind == "lora" and bits is not None else str(kind)
    if bits not in (None, 4):
        carrier.lose("quantization_bit", Text("qlora has 4 bits", "qlora 为 4 比特"))
    carrier.put("finetuning_type", "method", method)
    if method in ("lora", "qlora"):
        _carry_lora(carrier)
        carrier.ignore(OF_FREEZE, TITLE, kind)
        return method
    carrier.ignore(OF_LORA, TITLE, kind)
    if method == "freeze":
        _carry_freeze(carrier)
    else:
        carrier.ignore(OF_FREEZE, TITLE, kind)
    return method


def _compare_packing(carrier: Carrier) -> None:
    """Note what packing changes; `neat_packing` alone packs, too."""
    packs, apart = carrier.take("packing"), carrier.take("neat_packing")
    if apart:
        carrier.lose("neat_packing", PACKING)
    elif packs:
        seen = Text(
            "Without neat_packing, the rows of a sequence see each other, which they never do here",
            "未开启 neat_packing 时，同一序列中的各行互相可见；newft 中各行始终互不可见",
        )
        carrier.lose("packing", join_texts((PACKING, seen), Text(". ", "。")))


def _carry_freeze(carrier: Carrier) -> None:
    """Refuse what is trained beside the last blocks: newft would train something else."""
    layers = carrier.values.get("freeze_trainable_layers")
    wholes = carrier.take("freeze_trainable_modules") in (None, "all")
    for key, holds in (
        ("freeze_trainable_layers", layers is None or (isinstance(layers, int) and layers > 0)),
        ("freeze_trainable_modules", wholes),
        ("freeze_extra_modules", carrier.take("freeze_extra_modules") is None),
    ):
        if not holds:
            raise carrier.refuse(
                key,
                Text(
                    "newft trains the last blocks of a model, whole, and nothing else",
                    "newft 只训练模型最后几层的全部权重",
                ),
                Text("take the key out, or give --method lora", "请去掉此键，或改用 --method lora"),
            )


def _carry_lora(carrier: Carrier) -> None:
    """Carry targets over, and what LLaMA-Factory takes where the file is silent."""
    target = carrier.take("lora_target") or "all"
    carrier.check_kind("lora_target", "names", holds=isinstance(target, str | list))
    names = target if isinstance(target, list) else str(target).split(",")
    modules = tuple(str(name).strip() for name in names)
    targets = "all-linear" if modules == ("all",) else modules
    carrier.put("lora_target", f"{RECIPE_PREFIX}target_modules", targets)
    given = carrier.values.get("lora_rank")
    rank = int(LORA_DEFAULTS["lora_rank"][1]) if given is None else given
    if isinstance(rank, int) and carrier.values.get("lora_alpha") is None:
        carrier.answers[f"{RECIPE_PREFIX}alpha"] = str(2 * rank)
        place = carrier.path if given is None else carrier.locate("lora_rank")
        carrier.notes.append(
            Text(
                f"{place}: without `lora_alpha`, {TITLE} takes twice the rank: {2 * rank}",
                f"{place}：未写 `lora_alpha` 时，{TITLE} 取秩的两倍：{2 * rank}",
            )
        )
