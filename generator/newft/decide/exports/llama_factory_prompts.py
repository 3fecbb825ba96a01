"""Where LLaMA-Factory's chat templates write another prompt than the template of the model.

Read in its src/llamafactory/data/template.py; a test renders both.
"""

from __future__ import annotations

from collections.abc import Mapping

from newft.text import Text

# its templates that write a thinking part, which `enable_thinking: false` leaves empty
REASONING_TEMPLATES = frozenset({"deepseekr1", "gemma4", "gemma4n", "gpt_oss", "qwen3", "qwen3_5"})

_ASKS_FOR_THINKING = Text(
    "the prompt is another one: LLaMA-Factory writes <|think|> into the system turn, which asks "
    "for thinking; the chat template does not where thinking is off",
    "提示词不同：LLaMA-Factory 在 system 轮次写入 <|think|>（要求思考），对话模板在关闭思考时不写",
)
OTHER_PROMPTS: Mapping[str, Text] = {
    "deepseekr1": Text(
        "the prompt is another one: LLaMA-Factory leaves an empty line in the think block, which "
        "this project closes at once",
        "提示词不同：LLaMA-Factory 在思考块中留一个空行，本项目则直接结束思考块",
    ),
    "gemma4": _ASKS_FOR_THINKING,
    "gemma4n": _ASKS_FOR_THINKING,
    "glm4": Text(
        "an answer ends with <|endoftext|>; this project ends it with <|user|>, as the model does",
        "答案以 <|endoftext|> 结束；本项目与模型自身一致，以 <|user|> 结束",
    ),
    "gpt_oss": Text(
        "the prompt is another one: LLaMA-Factory writes the instruction as the system text, and "
        "an empty analysis before the answer; the chat template keeps the model's own system text, "
        "and writes the instruction as a developer turn below it",
        "提示词不同：LLaMA-Factory 用任务指令取代系统文本，并在答案前写一段空的 analysis；"
        "对话模板则保留模型自带的系统文本，把指令写在其后的 developer 轮次",
    ),
    "ministral3": Text(
        "the prompt is another one: LLaMA-Factory writes the instruction at the head of the user "
        "turn; the chat template writes it as a system turn",
        "提示词不同：LLaMA-Factory 把任务指令写在用户轮次开头，对话模板则写成 system 轮次",
    ),
    "yi": Text(
        "the prompt is another one: LLaMA-Factory marks the instruction as a system turn; the chat "
        "template writes it without marks",
        "提示词不同：LLaMA-Factory 给任务指令加上 system 轮次标记，对话模板则不加标记",
    ),
}
