"""The recipe as configurations of LLaMA-Factory, axolotl and ms-swift."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import released_tools
import yaml

from newft.decide.exports.registry import TOOLS
from newft.errors import IncompatibleError
from newft.project.serialize import format_export_comment
from newft.schema.family import Family
from newft.schema.plan import Plan
from support.exported_plans import ALL_TOOLS, CATALOG, list_tools, plan_for, read_export
from support.tool_keys import (
    list_template_names,
    read_llama_factory_keys,
    read_model_templates,
    read_ms_swift_keys,
    validate_axolotl,
)

needs_tools = pytest.mark.skipif(not released_tools.CACHE.is_dir(), reason=released_tools.ABSENT)
each_family = pytest.mark.parametrize("family", CATALOG.families.values(), ids=lambda one: one.id)


def iterate_exports(family: Family) -> Iterator[tuple[Plan, str, dict[str, Any]]]:
    """The smallest model of a family with each method that a tool has."""
    size = min(family.sizes, key=lambda one: one.parameters)
    for method in CATALOG.methods:
        tools = list_tools(family, method)
        try:
            plan = plan_for(family, size, method, exports=tools)
        except IncompatibleError:
            continue  # the family does not have the method
        for tool in tools:
            yield plan, tool, read_export(plan, tool)


@needs_tools
@each_family
def test_released_tools_know_every_key_and_value(family: Family) -> None:
    release = released_tools.OLD_LLAMA_FACTORY if family.successor else released_tools.LLAMA_FACTORY
    known = {
        "llama_factory": read_llama_factory_keys(release),
        "ms_swift": read_ms_swift_keys(),
    }
    for _, tool, values in iterate_exports(family):
        if tool == "axolotl":
            assert_axolotl_reads(values)
            continue
        for key, value in values.items():
            assert key in known[tool], f"{tool} has no {key}"
            allowed = known[tool][key]
            assert allowed is None or value in allowed, (tool, key, value)


def assert_axolotl_reads(values: Mapping[str, Any]) -> None:
    """axolotl keeps every key and value; of data sets, it adds some."""
    read = validate_axolotl(yaml.safe_load(yaml.safe_dump(dict(values))))
    for key, value in values.items():
        if isinstance(value, list) and isinstance(value[0], dict):
            assert all(one.items() <= read[key][n].items() for n, one in enumerate(value))
        else:
            assert read.get(key) == value, f"axolotl reads {key} as {read.get(key)}"


@needs_tools
@each_family
def test_llama_factory_takes_the_same_template_for_the_model(family: Family) -> None:
    release = released_tools.OLD_LLAMA_FACTORY if family.successor else released_tools.LLAMA_FACTORY
    templates, names = read_model_templates(release), list_template_names(release)
    for size in family.sizes:
        own = size.llama_factory_template or family.chat.llama_factory_template
        assert own is None or own in names
        if size.hub_id in templates:
            assert own == templates[size.hub_id], size.hub_id


@each_family
def test_the_numbers_are_those_of_the_recipe(family: Family) -> None:
    rate = {
        "llama_factory": "learning_rate",
        "axolotl": "learning_rate",
        "ms_swift": "learning_rate",
    }
    rows = {
        "llama_factory": "per_device_train_batch_size",
        "axolotl": "micro_batch_size",
        "ms_swift": "per_device_train_batch_size",
    }
    length = {"llama_factory": "cutoff_len", "axolotl": "sequence_len", "ms_swift": "max_length"}
    for plan, tool, values in iterate_exports(family):
        recipe = plan.recipe
        assert values[rate[tool]] == recipe.learning_rate.value
        assert values[rows[tool]] == recipe.batch_size.value
        assert values["gradient_accumulation_steps"] == recipe.gradient_accumulation_steps.value
        assert values[length[tool]] == recipe.max_length.value
        assert values["warmup_ratio"] == recipe.warmup_ratio.value
        assert values["seed"] == recipe.seed.value
        rank = values.get("lora_rank", values.get("lora_r"))
        assert rank == (recipe.method["rank"].value if "rank" in recipe.method else None)


@each_family
def test_every_export_says_what_differs_in_both_languages(family: Family) -> None:
    for plan, tool, _ in iterate_exports(family):
        for language in ("en", "zh"):
            comment = format_export_comment(plan.exports[tool], language)  # type: ignore[arg-type]
            assert all(str(line).startswith("#") and len(str(line)) <= 100 for line in comment)  # type: ignore[union-attr]
            assert len(plan.exports[tool].differences) >= 2


def test_a_method_that_a_tool_lacks_is_refused() -> None:
    family = CATALOG.families["qwen3"]
    lacking = [(m, t) for m in CATALOG.methods for t in ALL_TOOLS if m not in TOOLS[t].methods]
    for method, tool in lacking:
        with pytest.raises(IncompatibleError) as refused:
            plan_for(family, family.sizes[0], method, exports=(tool,))
        assert method in refused.value.to("en")[0]
        plan = plan_for(family, family.sizes[0], method, exports=None)
        assert plan.exports == {}


def test_without_an_answer_an_accelerator_exports_for_llama_factory() -> None:
    family = CATALOG.families["qwen3"]
    assert [*plan_for(family, family.sizes[0], exports=None).exports] == ["llama_factory"]
    assert [*plan_for(family, family.sizes[0], exports=("none",)).exports] == []


def test_several_cards_are_started_together() -> None:
    family = CATALOG.families["qwen3"]
    plan = plan_for(family, family.sizes[0])
    assert "FORCE_TORCHRUN=1" in plan.exports["llama_factory"].head[0].en
    assert "NPROC_PER_NODE=8" in plan.exports["ms_swift"].head[0].zh


def test_the_files_are_where_their_heads_say(tmp_path: Path) -> None:
    from support.generate_project import generate

    generate(
        {"gpu": "1xRTX4090", "model": "Qwen/Qwen3-0.6B", "exports": ALL_TOOLS, "name": "p"},
        tmp_path / "p",
    )
    for tool in ALL_TOOLS:
        path = f"config/{tool}.yaml"
        text = (tmp_path / "p" / path).read_text(encoding="utf-8")
        assert f"train {path}" in text.replace("\n# ", " ") or f"sft {path}" in text
        assert yaml.safe_load(text)
