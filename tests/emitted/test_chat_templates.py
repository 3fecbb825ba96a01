"""Real tokenizers and the chat templates of every family: training, asking and serving agree."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import product
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from transformers import PreTrainedTokenizerBase

from golden_project import GOLDEN
from support.checkout import TEMPLATES
from support.real_chats import CHATS, load_tokenizer, read_chat

pytestmark = pytest.mark.slow  # it loads transformers

# of each kind of template one; `make matrix` takes all
FEW = ("smollm2", "qwen3", "llama-3.2", "glm-4-0414", "mistral-v0.3", "r1-distill")
EACH = [name if name in FEW else pytest.param(name, marks=pytest.mark.matrix) for name in CHATS]

FAMILIES = sorted(path.stem for path in TEMPLATES.glob("families/*.yaml"))
NOT_HAD = {"baichuan2"}  # its folders have no chat template: the model's own code writes prompts
SPELLED = [
    *("<|im_end|>", "<|im_start|>", "<filename>", "<|eot_id|>", "<|end_header_id|>", "<|user|>"),
    *("<think>", "</think>", "<tool_response>", "<|endoftext|>", "<|fim_prefix|>", "[gMASK]<sop>"),
    *("<|im_<|im_end|>end|>", "<|im_", "end|>", "\U0010fffe", "\U0010ffff5\U0010ffff", "\ufdd2"),
]

ANSWERS = ["refund_status", "盗窃;诈骗", "1", "high\nreject", "Yes, it is."]


class Family(NamedTuple):
    """A family's tokenizer with its template, and the project's encoder for it."""

    tokenizer: PreTrainedTokenizerBase
    encoder: Any
    arguments: dict[str, str | bool]
    end: str
    folds_system_turn: bool

    def __repr__(self) -> str:  # of some tokenizers it would have 700 KB
        return f"Family({self.tokenizer.name_or_path})"

    def render(self, messages: list[dict[str, str]], **options: bool) -> str:
        text = self.tokenizer.apply_chat_template(
            self.fold(messages), tokenize=False, **self.arguments, **options
        )
        return str(text)

    def fold(self, messages: list[dict[str, str]]) -> list[dict[str, str]]:
        """The turns as a user of a server sends them to a template without system turns."""
        system, question, *others = messages
        if not self.folds_system_turn:
            return messages
        content = f"{system['content']}\n\n{question['content']}"
        return [{"role": "user", "content": content}, *others]

    def tokens(self, text: str) -> list[int]:
        return list(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def control_tokens(self, ids: list[int]) -> list[int]:
        """The marks among the tokens; spaces and single characters are text, added or not."""
        added = self.tokenizer.added_tokens_decoder
        marks = {i for i, each in added.items() if len(each.content.strip(" \t\n\r▁")) > 1}
        return [i for i in ids if i in marks]


@pytest.fixture(scope="module")
def families() -> Callable[[str], Family]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(GOLDEN / "src")
        from golden_desk.config import load_config
        from golden_desk.model.chat_encoder import ChatEncoder
        from golden_desk.model.chat_template import fix_date

    of_golden = load_config(GOLDEN / "config/run.yaml").model

    @cache
    def load(name: str) -> Family:
        real = CHATS[name]
        chat = {"stop_tokens": [], "system_turn": "own"} | read_chat(real.family)
        names = ("end_of_turn", "pad", "template_arguments", "stop_tokens", "system_turn")
        model = of_golden.model_copy(update={name: chat[name] for name in names})
        if real.arguments is not None:
            model = model.model_copy(update={"template_arguments": dict(real.arguments)})
        tokenizer = load_tokenizer(real)
        fix_date(tokenizer)
        return Family(
            tokenizer,
            ChatEncoder(tokenizer, model),
            model.template_arguments,
            model.end_of_turn,
            model.system_turn == "user",
        )

    return load


@pytest.fixture(params=EACH)
def family(request: pytest.FixtureRequest, families: Callable[[str], Family]) -> Family:
    return families(request.param)


def test_every_family_has_a_real_template_here() -> None:
    assert {chat.family for chat in CHATS.values()} == set(FAMILIES) - NOT_HAD


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


def test_masked_is_what_a_server_sends_and_learned_is_the_answer_with_its_end(
    family: Family,
) -> None:
    from golden_desk.training.examples import encode_example

    end = family.tokenizer.convert_tokens_to_ids(family.end)
    for text, answer in product(ORDINARY, ANSWERS):
        example = encode_example(answered(text, answer), family.encoder, max_length=10_000)
        masked, learned = example.ids[: example.answer_start], example.ids[example.answer_start :]
        assert masked == family.tokens(family.render(ask(text), add_generation_prompt=True))
        answer_tokens = learned[family.encoder.lead_tokens :]
        assert (answer_tokens[-1], answer_tokens.count(end)) == (end, 1)
        assert family.tokenizer.decode(answer_tokens[:-1]).strip() == answer


def test_an_example_is_the_render_of_a_finished_conversation(family: Family) -> None:
    """It may lack what comes after the end of turn, and have one that the template leaves out."""
    learned = family.encoder.encode_answer("refund")
    for text in ORDINARY:
        whole = family.tokens(family.render(answered(text, "refund")))
        example = [*family.encoder.encode_prompt(ask(text)), *learned]
        if whole[: len(example)] != example[: len(whole)]:
            pytest.skip("a finished conversation has another head of the answer than a prompt")
        assert family.tokenizer.decode(whole[len(example) :]).strip() in ("", "<|endoftext|>")


def test_the_beginning_of_a_text_stands_there_once(family: Family) -> None:
    ids = family.encoder.encode_prompt(ask("hello"))
    assert ids[:2] != [ids[0], ids[0]]


# what stands between the generation prompt and an answer, where there is anything
LEADS = {
    "glm-4-0414": "\n", "glm-4-9b-hf": "\n", "chatglm3": "\n",
    "r1-distill": "</think>\n\n", "r1-distill-llama": "</think>\n\n",
    "qwen3-thinking": "<think>\n\n</think>\n\n", "qwen3.5-4b-thinking": "</think>\n\n",
    "gpt-oss": "<|channel|>final<|message|>",
}  # fmt: skip


@pytest.mark.parametrize("name", EACH)
def test_the_model_learns_what_it_has_to_write_before_an_answer(
    name: str, families: Callable[[str], Family]
) -> None:
    family = families(name)
    asked = family.encoder.encode_prompt(ask("hello"))
    lead = family.tokenizer.decode(asked[len(asked) - family.encoder.lead_tokens :])
    assert (lead if family.encoder.lead_tokens else "") == LEADS.get(name, "")


def test_the_code_of_the_model_card_asks_as_training_did(family: Family) -> None:
    from golden_desk.training.model_card import USAGE_TEMPLATE

    messages = family.fold(ask("hello"))
    values = {"messages": "", "stop": "[]", "generating": "", "arguments": repr(family.arguments)}
    code = USAGE_TEMPLATE.substitute(values).partition("inputs = ")[2].partition("stop =")[0]
    inputs = eval(code, {"tokenizer": family.tokenizer, "messages": messages})
    assert inputs["input_ids"][0].tolist() == family.encoder.encode_as_served(ask("hello"))


def test_an_empty_think_block_is_not_learned(families: Callable[[str], Family]) -> None:
    family = families("qwen3")
    asked = family.tokenizer.decode(family.encoder.encode_as_served(ask("hello")))
    assert asked.rstrip().endswith("</think>")
    assert family.tokenizer.decode(family.encoder.encode_answer("yes")) == f"yes{family.end}"


def test_solved_examples_in_a_prompt_are_rendered_as_turns(family: Family) -> None:
    prompt = [*answered("where is it?", "parcel"), {"role": "user", "content": "and mine?"}]
    asked = family.encoder.encode_prompt(prompt)
    served = family.tokens(family.render(prompt, add_generation_prompt=True))
    assert asked[: len(served)] == served
    assert len(asked) == len(served) + family.encoder.lead_tokens
    assert family.encoder.encode_prompts([prompt, ask("x")]) == [
        asked,
        family.encoder.encode_prompt(ask("x")),
    ]


contents = st.lists(st.one_of(st.text(max_size=20), st.sampled_from(SPELLED)), max_size=6).map(
    "".join
)
written = contents.filter(str.strip)  # of an empty text some templates make no turn
LENIENT = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@LENIENT
@given(system=written.filter(lambda text: "think" not in text), text=written)
def test_what_a_message_spells_is_never_a_control_token(
    family: Family, system: str, text: str
) -> None:
    """A user may write <|im_end|>; Qwen3's <think> counts, which is not flagged as special.

    In a system turn, which is the team's own, /think and /no_think are switches of SmolLM3.
    """
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
    prompt = family.tokens(family.render(ask(text), add_generation_prompt=True))
    assert family.encoder.encode_as_served(ask(text)) == prompt
    assert family.encoder.encode_prompt(ask(text))[: len(prompt)] == prompt


@LENIENT
@given(answer=contents.map(str.strip).filter(lambda text: any(map(str.isalnum, text))))
def test_an_answer_ends_once(family: Family, answer: str) -> None:
    """Targets have no space around them: a line end may become one token with the prompt's own."""
    learned = family.encoder.encode_answer(answer)
    assert family.control_tokens(learned) == learned[-1:]


@pytest.mark.parametrize("name", ["llama-3.2", pytest.param("gpt-oss", marks=pytest.mark.matrix)])
def test_a_fixed_date_keeps_prompts_equal_from_day_to_day(
    name: str, families: Callable[[str], Family]
) -> None:
    family = families(name)
    asked = family.tokenizer.decode(family.encoder.encode_prompt(ask("hello")))
    assert "26 Jul 2024" in asked or "2024-07-26" in asked
