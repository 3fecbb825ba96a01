"""Citations: the sources of values, as a reader can look them up."""

from __future__ import annotations

from newft.schema.dataset import DataFacts
from newft.schema.reasoned import as_citation
from newft.text import Text


def cite_link(en: str, zh: str, url: str) -> Text:
    """Return a citation of a page, described in both languages."""
    return Text(f"{en}, {url}", f"{zh}，{url}")


SDPA = as_citation(
    "PyTorch, https://docs.pytorch.org/docs/stable/generated/"
    "torch.nn.functional.scaled_dot_product_attention.html"
)
ATTENTION_OF_CLASSES = cite_link(
    "the class of the model in transformers (_supports_sdpa)",
    "该模型在 transformers 中的类（_supports_sdpa）",
    "https://github.com/huggingface/transformers/tree/main/src/transformers/models",
)
FEW_SHOT_LABELS = cite_link(
    '"Rethinking the Role of Demonstrations" (little gain above 8 examples)',
    '"Rethinking the Role of Demonstrations"（超过 8 个示例收益很小）',
    "https://arxiv.org/abs/2202.12837",
)
PREFIX_CHECKPOINTING = cite_link(
    "transformers switches the cache off for gradient checkpointing, and the prefix lies in it",
    "transformers 启用梯度检查点时会关闭缓存，而前缀就在缓存里",
    "https://github.com/huggingface/transformers/blob/main/src/transformers/modeling_layers.py",
)
PADDING_FREE = cite_link(
    "transformers, padding-free training (each row has positions of its own); that the loss stays "
    'that of single rows: "Efficient Sequence Packing without Cross-contamination" '
    "(https://arxiv.org/abs/2107.02027)",
    "transformers 的 padding-free training（每行的位置从 0 开始）；loss 与逐行训练一致："
    '"Efficient Sequence Packing without Cross-contamination"（https://arxiv.org/abs/2107.02027）',
    "https://huggingface.co/docs/transformers/en/padding_free",
)
CUDA_GUIDE = as_citation(
    "CUDA C++ Programming Guide, compute capability 8.0, "
    "https://docs.nvidia.com/cuda/cuda-c-programming-guide/"
)

TRAINING_ARGUMENTS = cite_link(
    "default of transformers TrainingArguments",
    "transformers TrainingArguments 的默认值",
    "https://huggingface.co/docs/transformers/main_classes/trainer",
)
TORCH_DISTRIBUTED = cite_link(
    "PyTorch, torchrun: one process per device",
    "PyTorch torchrun：每个设备一个进程",
    "https://docs.pytorch.org/docs/stable/elastic/run.html",
)
WILSON_INTERVAL = cite_link(
    "95 % Wilson score interval",
    "95% Wilson 置信区间",
    "https://en.wikipedia.org/wiki/Binomial_proportion_confidence_interval#Wilson_score_interval",
)


def cite_gradient_checkpointing(added: int, usual: int) -> Text:
    """Cite gradient checkpointing, with the operations that it adds to those of a method."""
    return cite_link(
        '"Training Deep Nets with Sublinear Memory Cost" (a second forward pass: '
        f"{added} operations per parameter and token, added to {usual})",
        '"Training Deep Nets with Sublinear Memory Cost"（多做一次前向计算：'
        f"每个参数、每个 token 的运算由 {usual} 次增至 {usual + added} 次）",
        "https://arxiv.org/abs/1604.06174",
    )


def cite_measurement(en: str, zh: str) -> Text:
    """Return a citation of a measurement by newft on the embedded model, trained by LoRA.

    The head of run.yaml says of other methods, once, that these are measurements of LoRA.
    """
    model = "SmolLM2-135M-Instruct"
    return Text(f"measured by newft on {model}: {en}", f"newft 在 {model} 上实测：{zh}")


MEASURED_CPU = cite_measurement(
    "two AMD Zen 3 cores train on 149 tokens per second, in fp32 without gradient checkpointing",
    "两个 AMD Zen 3 核每秒训练 149 个 token（fp32，不用梯度检查点）",
)
MEASURED_BF16 = cite_measurement(
    "one Xeon core with AMX trains on 260 tokens per second in bf16 and on 154 in fp32; on two AMD "
    "Zen 3 cores, which have no bf16 instructions, bf16 is 14 times slower than fp32",
    "一个带 AMX 的 Xeon 核每秒可训练 260 个 token（bf16）或 154 个（fp32）；"
    "没有 bf16 指令的两个 AMD Zen 3 核上，bf16 的耗时是 fp32 的 14 倍",
)
MEASURED_ATTENTION = cite_measurement(
    "tokens per second in training on one Xeon core with AMX: in bf16 157 with fused attention and "
    "260 with plain matrix products, in fp32 136 and 154 (rows of about 46 tokens)",
    "一个带 AMX 的 Xeon 核每秒可训练的 token 数：bf16 用融合注意力 157、用普通矩阵乘 260，"
    "fp32 分别为 136 和 154（每行约 46 个 token）",
)
MEASURED_BATCH = cite_measurement(
    "tokens per second in training on one Xeon core with AMX: 260 in batches of 8 rows, 277 of 16, "
    "231 of 32",
    "一个带 AMX 的 Xeon 核每秒可训练的 token 数：批大小 8 时 260，16 时 277，32 时 231",
)
MEASURED_EVAL_BATCH = cite_measurement(
    "one AMD EPYC core with AVX-512 takes about the same time for 32 prompts in batches of 8, 16 "
    "or 32",
    "一个带 AVX-512 的 AMD EPYC 核处理 32 条提示词，批大小为 8、16 或 32 时耗时大致相同",
)
MEASURED_SCHEDULE = cite_measurement(
    "30 to 60 steps, 5 of them warm-up, then linear decay (banking77, ten labels, 300 training "
    "rows)",
    "共 30 至 60 步，预热 5 步后线性衰减（banking77 十个标签，300 行训练数据）",
)
MEASURED_EVAL_SPEED = cite_measurement(
    "two cores predict 100 short rows in 13 seconds", "两个核 13 秒可预测 100 行短文本"
)


def cite_data_rows(data: DataFacts) -> Text:
    """Cite the user's data: by its file if it is a single one in the project."""
    paths = [file.project_path for file in data.files if file.project_path.startswith("data/")]
    if len(data.files) == len(paths) == 1:
        return Text(f"the rows of {paths[0]}", f"{paths[0]} 中的数据")
    return Text("the rows of the files in data.files", "data.files 中各文件的数据")


def cite_kit_file(domain: str, key: str) -> Text:
    """Cite a key of the kit file of a domain."""
    return as_citation(f"newft, domains/{domain}/kit.yaml, {key}")


def cite_own_rule(en: str, zh: str) -> Text:
    """Cite a rule of newft that is not published elsewhere, with its reason."""
    return Text(f"rule of newft: {en}", f"newft 自定规则：{zh}")


def join_citations(*sources: str | Text) -> Text:
    """Join citations without repeating a part."""
    texts = [as_citation(source) for source in sources]
    en = dict.fromkeys(part for text in texts for part in text.en.split("; "))
    zh = dict.fromkeys(part for text in texts for part in text.zh.split("；"))
    return Text("; ".join(en), "；".join(zh))
