"""Where the reasons come from, each in words a reader can look up."""

from __future__ import annotations

LORA_WITHOUT_REGRET = '"LoRA Without Regret", https://thinkingmachines.ai/blog/lora/'
LLAMA_FACTORY = (
    "LLaMA-Factory, https://github.com/hiyouga/LLaMA-Factory/tree/main/examples/train_lora"
)
TRL = "defaults of the TRL command line, https://huggingface.co/docs/trl/peft_integration"
TRAINER = (
    "transformers TrainingArguments, https://huggingface.co/docs/transformers/main_classes/trainer"
)
ATTENTION = (
    "PyTorch, https://docs.pytorch.org/docs/stable/generated/"
    "torch.nn.functional.scaled_dot_product_attention.html"
)
CHECKPOINTING = '"Training Deep Nets with Sublinear Memory Cost", https://arxiv.org/abs/1604.06174'
WILSON = (
    "Wilson interval at 95 %, "
    "https://en.wikipedia.org/wiki/Binomial_proportion_confidence_interval#Wilson_score_interval"
)
DEMONSTRATIONS = '"Rethinking the Role of Demonstrations", https://arxiv.org/abs/2202.12837'
CAPACITY = (
    f'{LORA_WITHOUT_REGRET}; "Physics of Language Models 3.3" (two bits a parameter), '
    "https://arxiv.org/abs/2404.05405"
)
MEASURED_CPU = (
    "measured on SmolLM2-135M-Instruct with two cores: 149 tokens a second in fp32 without "
    "gradient checkpointing"
)
MEASURED_BF16 = (
    "measured on SmolLM2-135M-Instruct: bf16 is 14 times slower than fp32 on a CPU "
    "without bf16 instructions"
)
MEASURED_RANK = (
    "measured on SmolLM2-135M-Instruct, banking77 ten intents, 300 rows: "
    "rank 8, alpha 16 reach 96 of 100 test rows"
)
MEASURED_STEPS = (
    "measured on SmolLM2-135M-Instruct, banking77 ten intents, 300 rows: "
    "96 of 100 test rows after 30 steps at 2.0e-3 or 60 at 1.0e-3"
)
MEASURED_SCHEDULE = (
    "measured on SmolLM2-135M-Instruct, banking77 ten intents, 300 rows: "
    "linear decay after 5 of 30 to 60 steps"
)


def rule(why: str) -> str:
    """A source for what nobody published: our own rule, and why we follow it."""
    return f"rule of newft: {why}"
