"""Families, methods and models as `newft show` lists them, for programs and for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from newft.catalog.lookup import list_target_modules
from newft.console.json_output import Json
from newft.decide.estimate.memory import Workload
from newft.decide.model.model_fits import ModelFit, get_usable_memory
from newft.decide.number_format import format_number, format_upper_bound
from newft.schema.catalog import Catalog
from newft.schema.family import Family, ModelSpec
from newft.schema.hardware import Hardware
from newft.schema.method import MethodValue, TrainingMethod
from newft.schema.reasoned import Sourced, as_citation
from newft.text import Language, Text, pluralize

Entry = dict[str, Json]


def describe_family(family: Family, catalog: Catalog) -> Entry:
    """Return what programs rely on."""
    return {
        "id": family.id,
        "title": family.title,
        "models": [{"hub_id": size.hub_id, "parameters": size.parameters} for size in family.sizes],
        "architectures": list(family.architectures),
        "targets": {
            method: list(target) if isinstance(target, tuple) else target
            for method, target in list_target_modules(family, catalog).items()
        },
        "fp16_safe": family.fp16_safe.value,
        "sources": list(family.sources),
    }


def explain_family(family: Family, language: Language) -> Mapping[str, Json]:
    """Return everything that is known of a family, with its reasons, for a person."""
    chat, end = family.chat, Text("ends a turn: {}, pads: {}", "结束一轮：{}，填充：{}")
    stops = Text("stops also at: {}", "生成还停止于：{}").to(language)
    return {
        "title": family.title,
        **{size.hub_id: _describe_size(size, language) for size in family.sizes},
        "architectures": ", ".join(family.architectures),
        "linear modules": ", ".join(family.linear_modules),
        **dict(_list_overrides(family, language)),
        "fp16": _explain(family.fp16_safe, language),
        "chat template": end.to(language).format(chat.end_of_turn, chat.pad),
        **({"stop tokens": stops.format(", ".join(chat.stop_tokens))} if chat.stop_tokens else {}),
        **{
            f"served by {name} ({use})": support
            for name, one in family.servers.items()
            for use, support in (("adapter", one.adapter), ("merged", one.merged))
        },
        **{caveat.value.to(language): caveat.why.to(language) for caveat in family.caveats},
        **({"successor": _explain(family.successor, language)} if family.successor else {}),
        "sources": list(family.sources),
    }


def summarize_family(family: Family, _: Language) -> Mapping[str, str]:
    """Return the row of a family in the table."""
    sizes = sorted(family.sizes, key=lambda size: size.parameters)
    return {
        "id": family.id,
        "title": family.title,
        "sizes": ", ".join(dict.fromkeys(format_parameters(size.parameters) for size in sizes)),
        "licenses": ", ".join(dict.fromkeys(size.license or "?" for size in sizes)),
        "successor": family.successor.value if family.successor else "-",
    }


def describe_method(method: TrainingMethod, language: Language) -> Entry:
    """Return what programs rely on."""
    return {
        "id": method.id,
        "title": method.title.to(language),
        "description": method.description.to(language),
        "learning_rate": method.learning_rate.value,
        **{name: _to_json(sourced.value) for name, sourced in method.values.items()},
        "requires": list(method.requires),
        "tried": method.tried.to(language) if method.tried else None,
    }


def explain_method(method: TrainingMethod, language: Language) -> Mapping[str, Json]:
    """Return the values that a method starts with, each with its reason and source."""
    return {
        "title": method.title.to(language),
        "description": method.description.to(language),
        "tried": method.tried.to(language) if method.tried else None,
        "learning_rate": _explain(method.learning_rate, language),
        **_explain_large_model(method, language),
        "effective_batch_size": _explain(method.effective_batch_size, language),
        "weight_decay": _explain(method.weight_decay, language),
        **{name: _explain(sourced, language) for name, sourced in method.values.items()},
        "requires": list(method.requires),
    }


def _explain_large_model(method: TrainingMethod, language: Language) -> Mapping[str, Json]:
    """Return the learning rate of large models, where they have another one."""
    if method.large_model is None:
        return {}
    above = format_parameters(method.large_model.above)
    name = Text(f"learning_rate above {above}", f"{above} 以上的 learning_rate").to(language)
    return {name: _explain(method.large_model.learning_rate, language)}


def summarize_method(method: TrainingMethod, language: Language) -> Mapping[str, Json]:
    """Return the row of a method in the table."""
    described = describe_method(method, language)
    return {key: described[key] for key in ("id", "title", "description", "tried")}


def describe_model_fit(fit: ModelFit, language: Language) -> Entry:
    """Return what a model takes, and whether that fits; null is unknown."""
    size = fit.size
    return {
        "id": size.hub_id,
        "family": fit.family.id,
        "parameters": size.parameters,
        "context": size.context,
        "license": size.license,
        "gated": size.gated,
        "precision": fit.precision,
        "memory_gb": [round(fit.memory_gb[0], 1), round(fit.memory_gb[1] + 0.05, 1)],
        "fits": fit.fits,
        "obstacle": fit.obstacle.to(language) if fit.obstacle else None,
    }


def summarize_model_fit(fit: ModelFit, _: Language) -> Mapping[str, Json]:
    """Return the row of a model in the table."""
    low, high = fit.memory_gb
    return {
        "id": fit.size.hub_id,
        "size": format_parameters(fit.size.parameters),
        "dtype": fit.precision,
        "memory": f"{format_number(low)}-{format_upper_bound(high)} GB",
        "fits": fit.fits,
    }


def explain_model_fit(fit: ModelFit, language: Language) -> Mapping[str, Json]:
    """Return what is known of a model, in the units of the table, for a person."""
    known = describe_model_fit(fit, language)
    facts = {key: known[key] for key in ("family", "context", "license", "gated")}
    obstacle = {"obstacle": known["obstacle"]} if fit.obstacle else {}
    return {**summarize_model_fit(fit, language), **facts, **obstacle}


def explain_obstacles(fits: Sequence[ModelFit]) -> Iterator[Text]:
    """Say why models cannot be trained so, whatever the memory, each reason once."""
    found: dict[Text, list[str]] = {}
    for fit in fits:
        if fit.obstacle:
            found.setdefault(fit.obstacle, []).append(fit.size.hub_id)
    for why, names in found.items():
        yield Text(f"{', '.join(names)}: {why.en}", f"{'、'.join(names)}：{why.zh}")


def explain_model_fits(hardware: Hardware, method: TrainingMethod, step: Workload) -> Text:
    """Say for which step the memory of models is estimated."""
    usable, count = get_usable_memory(hardware), hardware.count
    title = hardware.accelerator.title
    has = Text(
        "its memory is unknown" if usable is None else f"{format_number(usable)} GB of it are free",
        "内存未知" if usable is None else f"其中可用 {format_number(usable)} GB",
    )
    each = Text(
        f", each of {count} holding the whole model" if count > 1 else "",
        f"，{count} 张卡每张都要放下整个模型" if count > 1 else "",
    )
    space = " " if method.title.zh[0].isascii() else ""
    return Text(
        f"{method.title.en} on {title}: {has.en}{each.en}; estimated for "
        f"{pluralize(step.batch_size, 'row')} of {step.length:,} tokens, {step.logits_per_row} of "
        f"them the answer, {'with' if step.checkpointing else 'without'} gradient checkpointing; "
        "weights packed in FP8 or MXFP4 are unpacked to 16 bit; fits ? means that the memory, or "
        "whether the method works there, is unknown",
        f"{title} 上的{space}{method.title.zh}：{has.zh}{each.zh}；按 {step.batch_size} 行、每行 "
        f"{step.length:,} 个 token（其中答案 {step.logits_per_row} 个）、"
        f"{'启用' if step.checkpointing else '不启用'}梯度检查点估算；"
        "FP8 或 MXFP4 权重会先展开为 16 位；fits 为 ? 表示显存未知，"
        "或不确定该方法能否在该硬件上运行",
    )


def _describe_size(size: ModelSpec, language: Language) -> str:
    parts = [
        format_parameters(size.parameters),
        *(
            [f"{format_parameters(size.active_parameters)} active"]
            if size.active_parameters
            else []
        ),
        Text(f"context {size.context:,}", f"上下文 {size.context:,}").to(language),
        size.license or "?",
        *(["gated"] if size.gated else []),
        *(["base"] if size.base else []),
    ]
    return ", ".join(parts)


def _list_overrides(family: Family, language: Language) -> Iterator[tuple[str, str]]:
    """Yield the values of methods that a family fixes, by method and name."""
    for method, overrides in family.methods.items():
        fixed: dict[str, Sourced[Any] | None] = {
            "learning_rate": overrides.learning_rate,
            "epochs": overrides.epochs,
            "effective_batch_size": overrides.effective_batch_size,
            **overrides.values,
        }
        for name, sourced in fixed.items():
            if sourced is not None:
                modules = ", ".join(family.linear_modules)
                yield f"{method} {name}", _explain(sourced, language, modules)


def _explain(sourced: Sourced[Any], language: Language, modules: str | None = None) -> str:
    """Format a value with its reason, which may name the linear modules of a family."""
    of_each = Text("those of the family", "以模型系列为准").to(language)
    value = _format(sourced.value)
    why = sourced.why.to(language).replace("{modules}", modules or of_each)
    return f"{value}: {why} ({as_citation(sourced.source).to(language)})"


def _format(value: MethodValue) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(value) or "-"
    return f"{value:g}" if isinstance(value, float) else str(value)


def format_parameters(parameters: int) -> str:
    """Format a number of parameters as models are called: 0.6B, 8.2B, 135M."""
    if parameters < 0.5e9:
        return f"{parameters / 1e6:.0f}M"
    billions = parameters / 1e9
    return f"{billions:.0f}B" if billions >= 100 else f"{billions:.1f}B"


def _to_json(value: MethodValue) -> Json:
    return list(value) if isinstance(value, tuple) else value
