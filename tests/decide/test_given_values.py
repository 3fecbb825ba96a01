"""Values of the recipe that the user gives: typed, checked, taken, and explained."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from newft.answers.keys import RECIPE_SETTINGS
from newft.answers.unknown_names import make_unknown_key_error
from newft.catalog.loader import load_catalog
from newft.console.json_output import list_recipe_values
from newft.decide.given_values import SETTINGS
from newft.decide.given_warnings import warn_of_given_values
from newft.decide.inputs import Inputs
from newft.decide.methods.adapter_size import select_modules
from newft.decide.recipe import build_recipe
from newft.errors import IncompatibleError, NewftError, UsageError
from newft.schema.answers import RecipeAnswer
from newft.schema.family import Family, ModelSpec
from newft.schema.hardware import Hardware
from newft.schema.method import MethodOverrides
from newft.schema.plan import Recipe
from newft.schema.reasoned import Sourced
from newft.text import Text
from support.decide_examples import (
    ANSWERS,
    CATALOG,
    CPU,
    EIGHT,
    FRAGILE,
    FULL,
    LORA,
    QWEN,
    SMALL,
    SMOL,
    SMOLLM,
    TASK,
    card,
    facts,
)

CARD = Hardware(card(24.0))
EVERYTHING = load_catalog()


def inputs(
    given: dict[str, RecipeAnswer],
    *,
    hardware: Hardware = CARD,
    size: ModelSpec = SMALL,
    family: Family = QWEN,
    **data: object,
) -> Inputs:
    answers = replace(ANSWERS, recipe=given)
    return Inputs(answers, facts(**data), family, size, hardware, TASK, LORA, CATALOG)  # type: ignore[arg-type]


def recipe(given: dict[str, RecipeAnswer], **choices: object) -> Recipe:
    return build_recipe(inputs(given, **choices))  # type: ignore[arg-type]


def refuse(given: dict[str, RecipeAnswer], **choices: object) -> NewftError:
    with pytest.raises((UsageError, IncompatibleError)) as error:
        recipe(given, **choices)
    return error.value


def test_every_setting_of_the_table_has_its_bounds() -> None:
    assert tuple(SETTINGS) == RECIPE_SETTINGS


def test_a_given_value_replaces_the_chosen_one_and_says_what_that_was() -> None:
    free = recipe({}).learning_rate
    chosen = recipe({"learning_rate": "7e-5"}).learning_rate
    assert chosen.value == 7e-5
    assert chosen.why.en == f"as given; newft would take {free.value:g}: {free.why.en}"
    assert chosen.why.zh.startswith("由用户指定；newft 会取")
    assert chosen.source.en == "answer `recipe.learning_rate`"


def test_a_given_value_that_newft_would_take_as_well_says_so_without_its_reasons() -> None:
    free = recipe({}).max_length
    chosen = recipe({"max_length": str(free.value), "epochs": "9"}).max_length
    assert chosen.source.en == "answer `recipe.max_length`"
    assert chosen.why.en == "as given; newft would take the same"


@pytest.mark.parametrize(
    ("name", "written", "value"),
    [
        ("lr_scheduler", "linear", "linear"),
        ("warmup_ratio", "0", 0.0),
        ("weight_decay", "0.01", 0.01),
        ("max_grad_norm", "0.3", 0.3),
        ("epochs", "7", 7),
        ("batch_size", "4", 4),
        ("gradient_accumulation_steps", "8", 8),
        ("max_length", "96", 96),
        ("max_packed_tokens", "512", 512),
        ("precision", "fp16", "fp16"),
        ("gradient_checkpointing", "true", True),
        ("seed", "0", 0),
        ("rank", "64", 64),
        ("alpha", "128", 128),
        ("dropout", "0.1", 0.1),
        ("target_modules", ("q_proj", "v_proj"), ("q_proj", "v_proj")),
    ],
)
def test_every_value_can_be_given(name: str, written: RecipeAnswer, value: object) -> None:
    given = list_recipe_values(recipe({name: written}))
    free = list_recipe_values(recipe({}))
    assert given[name].value == value
    assert given[name].value != free[name].value
    assert list(given) == list(free)


def test_what_depends_on_a_given_value_follows_it() -> None:
    chosen = recipe({"batch_size": "2", "epochs": "9"}, rows=2000)
    assert chosen.batch_size.value * chosen.gradient_accumulation_steps.value == 16  # type: ignore[operator]
    assert chosen.num_evaluations.value > recipe({"epochs": "1"}, rows=2000).num_evaluations.value
    # a length below that of the rows is the user's decision, so that `make data` allows it
    assert (
        recipe({"max_length": "32"}, lengths=(900, 2000, 4000)).max_truncated_fraction.value > 0.01
    )


def test_on_a_cpu_a_given_batch_size_is_not_timed() -> None:
    chosen = recipe({"batch_size": "2"}, hardware=CPU, size=SMOL, family=SMOLLM)
    assert (chosen.batch_size.value, chosen.gradient_accumulation_steps.value) == (2, 4)
    timed = recipe({"batch_size": "auto"}, hardware=CPU, size=SMOL, family=SMOLLM)
    assert (timed.batch_size.value, timed.gradient_accumulation_steps.value) == ("auto", 8)


def test_the_numbers_of_a_published_recipe_have_it_as_their_source() -> None:
    article = "an article"

    def publish(value: object) -> Sourced:  # type: ignore[type-arg]
        return Sourced(value, Text("as in the article", "与文章相同"), article)

    overrides = MethodOverrides(
        learning_rate=publish(5e-5),
        epochs=publish(3),
        effective_batch_size=publish(32),
        values={"rank": publish(16), "alpha": publish(32), "dropout": publish(0.05)},
    )
    family = replace(QWEN, methods={"lora": overrides})
    given: dict[str, RecipeAnswer] = {
        **{"learning_rate": "5.0e-5", "epochs": "3.0", "batch_size": "4"},
        **{"gradient_accumulation_steps": "8", "rank": "16", "alpha": "32", "dropout": "0.05"},
    }
    # a small set, for which newft itself would take another rate, dropout and batch
    values = list_recipe_values(recipe(given, family=family, rows=200, size=EIGHT))
    expected = (5e-5, 3, 4, 8, 16, 32, 0.05)
    for (name, _), value in zip(given.items(), expected, strict=True):
        assert (values[name].value, values[name].source.en) == (value, article), name
        assert values[name].why.en == "as given: as in the article"


@pytest.mark.parametrize(
    ("given", "where", "message"),
    [
        ({"rnk": "8"}, "recipe.rnk", "`rnk` is not known"),
        ({"rank": "eight"}, "recipe.rank", "is `eight`, but must be a whole number"),
        ({"rank": "0"}, "recipe.rank", "is `0`, but must be a whole number of at least 1"),
        ({"rank": "8.5"}, "recipe.rank", "is `8.5`, but must be a whole number"),
        ({"rank": ("8", "16")}, "recipe.rank", "must be one value, not a list"),
        (
            {"learning_rate": "1"},
            "recipe.learning_rate",
            "is `1`, but must be a number above 0 and below 1",
        ),
        ({"learning_rate": "nan"}, "recipe.learning_rate", "is `nan`, but must be a number"),
        ({"seed": "4294967296"}, "recipe.seed", "is `4294967296`, but must be a whole number of"),
        (
            {"gradient_checkpointing": "yes"},
            "recipe.gradient_checkpointing",
            "is `yes`, but must be true or false",
        ),
        ({"lr_scheduler": "cosin"}, "recipe.lr_scheduler", "`cosin` is not known"),
        ({"batch_size": "auto"}, "recipe.batch_size", "is `auto`, but must be a whole number"),
        ({"target_modules": "q_proj,v_proj"}, "recipe.target_modules", "must be a list of names"),
        ({"target_modules": ()}, "recipe.target_modules", "must be a list of names"),
        ({"max_length": "99999"}, "recipe.max_length", "99,999 tokens are more than the context"),
    ],
)
def test_a_wrong_value_is_refused(given: dict[str, RecipeAnswer], where: str, message: str) -> None:
    error = refuse(given)
    assert error.where == where
    assert error.to("en")[0].startswith(message)
    assert error.to("zh")[0] != error.to("en")[0]


def test_the_nearest_name_is_named() -> None:
    error = refuse({"learning_rat": "1e-4"})
    assert error.to("en")[1] == "did you mean `learning_rate`?"


def test_a_value_of_another_method_names_that_method() -> None:
    with pytest.raises(UsageError) as error:
        build_recipe(replace(inputs({"rank": "8"}), method=FULL))
    assert error.value.to("en")[0] == (
        "full fine-tuning has no value `rank`; it belongs to `lora`, `qlora`"
    )


def test_a_precision_that_cannot_work_is_refused_with_one_that_does() -> None:
    old = replace(card(32.0), bf16=False, title="NVIDIA V100")
    error = refuse({"precision": "bf16"}, hardware=Hardware(old))
    assert error.to("en")[0] == "NVIDIA V100 does not support bf16"
    assert error.to("en")[1].startswith("use fp16")
    error = refuse({"precision": "fp16"}, family=FRAGILE)
    assert error.to("en")[0] == "Gemma is not trained in fp16: values grow large"
    error = refuse({"precision": "fp16"}, hardware=CPU, size=SMOL, family=SMOLLM)
    assert error.where == "recipe.precision"


def test_a_given_step_that_does_not_fit_is_refused_with_what_newft_would_take() -> None:
    given: dict[str, RecipeAnswer] = {
        "batch_size": "64",
        "max_length": "8192",
        "gradient_checkpointing": "false",
    }
    error = refuse(given, size=EIGHT)
    assert error.where == "gpu"
    assert "leave out recipe.batch_size, recipe.gradient_checkpointing" in error.to("en")[1]


def list_families() -> list[tuple[Family, ModelSpec]]:
    return [
        (family, min(family.sizes, key=lambda size: size.parameters))
        for family in EVERYTHING.families.values()
    ]


@pytest.mark.parametrize(
    ("family", "size"), list_families(), ids=[family.id for family, _ in list_families()]
)
def test_only_linear_modules_of_the_family_can_be_named(family: Family, size: ModelSpec) -> None:
    place = {"family": family, "size": size, "hardware": Hardware(card(2000.0))}
    first, last = family.linear_modules[0], family.linear_modules[-1]
    for name in ("foreign_proj", "lm_head", "mlp.gate", "embed_tokens"):
        for given in (name, (first, name)):
            error = refuse({"target_modules": given}, **place)
            assert error.where == "recipe.target_modules"
            assert name in error.message and error.hint
    taken = recipe({"target_modules": (first, last)}, **place).method["target_modules"]
    if family.language_module is None:
        assert taken.value == (first, last)
        assert recipe({"target_modules": first}, **place).method["target_modules"].value == (first,)
        return
    pattern = str(taken.value)
    path = f"{family.language_module}.layers.3.self_attn.{first}"
    assert re.fullmatch(pattern, path)
    assert not re.fullmatch(pattern, f"model.vision_tower.encoder.layers.0.self_attn.{first}")
    assert select_modules(pattern, family) == (first, last)


def test_all_names_of_a_model_with_a_vision_tower_are_what_newft_takes() -> None:
    family = EVERYTHING.families["gemma3"]
    size = next(size for size in family.sizes if size.vision_parameters)
    for given in (family.linear_modules, "all-linear"):
        taken = recipe({"target_modules": given}, family=family, size=size).method["target_modules"]
        assert taken.value == family.methods["lora"].values["target_modules"].value
        assert taken.why.en.startswith("as given: ")


@pytest.mark.parametrize(
    ("pattern", "family", "said"),
    [
        (r".*\.(q_proj", "qwen3", "is no regular expression"),
        (r".*(q_proj|head)", "qwen3", "also matches the output matrix"),
        (r".*\.q_proj", "gemma3", "also matches modules of the vision tower"),
        (r"transformer\.h\.\d+\.q_proj", "qwen3", "matches none of the paths"),
    ],
)
def test_a_pattern_that_reaches_too_far_or_nothing_is_refused(
    pattern: str, family: str, said: str
) -> None:
    of = EVERYTHING.families[family]
    size = next((size for size in of.sizes if size.vision_parameters), of.sizes[0])
    error = refuse({"target_modules": pattern}, family=of, size=size)
    assert error.where == "recipe.target_modules" and error.message.startswith(said)


def test_more_blocks_than_the_model_has_are_refused() -> None:
    given = inputs({"trained_blocks": "99"})
    with pytest.raises(IncompatibleError) as error:
        build_recipe(replace(given, method=EVERYTHING.methods["freeze"]))
    assert error.value.where == "recipe.trained_blocks"
    assert f"has {SMALL.layers} blocks" in error.value.message
    assert error.value.hint == f"give at most {SMALL.layers}"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"learning_rate": "0.5"}, "times more than newft would take (0.0002)"),
        ({"learning_rate": "1e-7"}, "times less"),
        ({"learning_rate": "1e-4"}, None),
        ({"epochs": "1000"}, "`recipe.epochs` is 1000"),
        ({"batch_size": "1", "gradient_accumulation_steps": "1024"}, "accumulation_steps` is 1024"),
        ({"batch_size": "1", "gradient_accumulation_steps": "16"}, None),
        ({"seed": "1000", "rank": "256"}, None),
    ],
)
def test_a_value_that_is_far_from_the_usual_one_is_warned_of(
    given: dict[str, RecipeAnswer], said: str | None
) -> None:
    case = inputs(given)
    warnings = list(warn_of_given_values(case, build_recipe(case)))
    assert [said in one.en for one in warnings if said] == ([True] if said else [])
    assert bool(warnings) == (said is not None)


@pytest.mark.parametrize(
    ("foreign", "own"),
    [
        ("cutoff_len", "max_length"),
        ("sequence_len", "max_length"),
        ("lora_target", "target_modules"),
    ],
)
def test_a_name_of_another_tool_is_answered_by_what_newft_calls_it(foreign: str, own: str) -> None:
    for error in (refuse({foreign: "8"}), make_unknown_key_error(foreign, where="--set")):
        assert f"`{foreign}` is called `recipe.{own}` here" in error.message


def test_memory_is_planned_for_the_rows_that_there_are() -> None:
    given = {"max_length": "4096", "batch_size": "8"}
    short = recipe(given, hardware=Hardware(card(12.0)))
    assert short.max_length.value == 4096 and not short.gradient_checkpointing.value
    long = recipe(given, hardware=Hardware(card(12.0)), lengths=(2_000, 9_000, 20_000))
    assert long.gradient_checkpointing.value
    assert "8 rows of up to 4,096 tokens do not fit" in long.gradient_checkpointing.why.en
