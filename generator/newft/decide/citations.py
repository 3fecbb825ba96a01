"""Where the reasons come from, each in words a reader can look up."""

from __future__ import annotations

from newft.schema.dataset import DataFacts
from newft.schema.reasoned import as_citation
from newft.text import Text


def cite_link(en: str, zh: str, url: str) -> Text:
    """A source whose page is described in each language."""
    return Text(f"{en}, {url}", f"{zh}，{url}")


LORA_WITHOUT_REGRET = as_citation('"LoRA Without Regret", https://thinkingmachines.ai/blog/lora/')
ADAPTER_CAPACITY = cite_link(
    '1 bit a token and low rank as long as it holds the data: "LoRA Without Regret", '
    "https://thinkingmachines.ai/blog/lora/; 2 bits a parameter: "
    '"Physics of Language Models: Part 3.3"',
    "每个 token 约 1 比特，低秩足以容纳数据即可："
    '"LoRA Without Regret", https://thinkingmachines.ai/blog/lora/；每个参数 2 比特：'
    '"Physics of Language Models: Part 3.3"',
    "https://arxiv.org/abs/2404.05405",
)
LLAMA_FACTORY = as_citation(
    "LLaMA-Factory, https://github.com/hiyouga/LLaMA-Factory/tree/main/examples/train_lora"
)
SDPA = as_citation(
    "PyTorch, https://docs.pytorch.org/docs/stable/generated/"
    "torch.nn.functional.scaled_dot_product_attention.html"
)
FEW_SHOT_LABELS = as_citation(
    '"Rethinking the Role of Demonstrations", https://arxiv.org/abs/2202.12837'
)
CUDA_GUIDE = as_citation(
    "CUDA C++ Programming Guide, compute capability 8.0, "
    "https://docs.nvidia.com/cuda/cuda-c-programming-guide/"
)


GRADIENT_CHECKPOINTING = cite_link(
    'one more forward pass ("Training Deep Nets with Sublinear Memory Cost"): '
    "6 operations a parameter and token in place of LoRA's 4",
    '多做一次前向计算 ("Training Deep Nets with Sublinear Memory Cost")：'
    "每个参数、每个 token 的运算由 LoRA 的 4 次增至 6 次",
    "https://arxiv.org/abs/1604.06174",
)
TRL_DOCS = cite_link(
    "defaults of the TRL command line",
    "TRL 命令行的默认值",
    "https://huggingface.co/docs/trl/peft_integration",
)
TRAINING_ARGUMENTS = cite_link(
    "default of transformers TrainingArguments",
    "transformers TrainingArguments 的默认值",
    "https://huggingface.co/docs/transformers/main_classes/trainer",
)
TORCH_DISTRIBUTED = cite_link(
    "PyTorch trains one process a device",
    "PyTorch 分布式训练为每个设备启动一个进程",
    "https://docs.pytorch.org/docs/stable/elastic/run.html",
)
WILSON_INTERVAL = cite_link(
    "Wilson interval at 95 %",
    "95% Wilson 置信区间",
    "https://en.wikipedia.org/wiki/Binomial_proportion_confidence_interval#Wilson_score_interval",
)


def cite_measurement(en: str, zh: str) -> Text:
    """A source for what newft measured on the embedded model."""
    model = "SmolLM2-135M-Instruct"
    return Text(f"measured by newft on {model}: {en}", f"newft 在 {model} 上实测：{zh}")


MEASURED_CPU = cite_measurement(
    "two cores train on 149 tokens a second, in fp32 without gradient checkpointing",
    "两个核每秒训练 149 个 token（fp32，不用梯度检查点）",
)
MEASURED_BF16 = cite_measurement(
    "one core of a Xeon with AMX trains on 260 tokens a second in bf16 and on 154 in fp32; on two "
    "AMD Zen 3 cores, which have no bf16 instructions, bf16 is 14 times slower than fp32",
    "一个带 AMX 的 Xeon 核每秒可训练 260 个 token（bf16）或 154 个（fp32）；"
    "没有 bf16 指令的两个 AMD Zen 3 核上，bf16 的耗时是 fp32 的 14 倍",
)
MEASURED_ATTENTION = cite_measurement(
    "one core of a Xeon with AMX trains on 157 tokens a second with fused attention and on 260 "
    "with plain matrix products in bf16, on 136 and 154 in fp32 (rows of some 46 tokens)",
    "一个带 AMX 的 Xeon 核每秒可训练的 token 数：bf16 用融合注意力 157、用普通矩阵乘 260，"
    "fp32 分别为 136 和 154（每行约 46 个 token）",
)
MEASURED_BATCH = cite_measurement(
    "one core of a Xeon with AMX trains on 260 tokens a second with 8 rows at once, on 277 with "
    "16 and on 231 with 32",
    "一个带 AMX 的 Xeon 核每秒可训练的 token 数：一批 8 行 260、16 行 277、32 行 231",
)
MEASURED_EVAL_BATCH = cite_measurement(
    "a core of an AMD EPYC with AVX-512 answers 32 prompts in about the same time with 8, 16 or 32 "
    "of them at once",
    "一个带 AVX-512 的 AMD EPYC 核回答 32 条提示词，每批 8、16 或 32 条，耗时大致相同",
)
MEASURED_STEPS = cite_measurement(
    "96 of 100 test rows right after 30 steps at 2.0e-3 or 60 at 1.0e-3 "
    "(banking77, ten intents, 300 rows)",
    "学习率 2.0e-3 训练 30 步，或 1.0e-3 训练 60 步，100 行测试数据都答对 96 行"
    "（banking77 十个意图，300 行训练数据）",
)
MEASURED_SCHEDULE = cite_measurement(
    "30 to 60 steps, linear decay after the first 5 (banking77, ten intents, 300 rows)",
    "共 30 至 60 步，预热 5 步后线性衰减（banking77 十个意图，300 行训练数据）",
)
MEASURED_EVAL_SPEED = cite_measurement(
    "two cores answer 100 short rows in 13 seconds", "两个核 13 秒可回答 100 行短文本"
)


def data_rows(data: DataFacts) -> Text:
    """The user's rows as a source: their file where there is one in the project, else the list."""
    paths = [file.project_path for file in data.files if file.project_path.startswith("data/")]
    if len(data.files) == len(paths) == 1:
        return Text(f"the rows of {paths[0]}", f"{paths[0]} 的数据行")
    return Text("the rows of the files in data.files", "data.files 中各文件的数据行")


def cite_kit_file(domain: str, key: str) -> Text:
    """A domain's file as a source, with the key that says it."""
    return as_citation(f"newft, domains/{domain}/kit.yaml, {key}")


def house_rule(en: str, zh: str) -> Text:
    """A source for what nobody published: our own rule, and why we follow it."""
    return Text(f"rule of newft: {en}", f"newft 自定规则：{zh}")


def join_citations(*sources: str | Text) -> Text:
    """Several sources as one, each once."""
    texts = [as_citation(source) for source in sources]
    en = dict.fromkeys(part for text in texts for part in text.en.split("; "))
    zh = dict.fromkeys(part for text in texts for part in text.zh.split("；"))
    return Text("; ".join(en), "；".join(zh))
