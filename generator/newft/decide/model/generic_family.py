"""A family for a model that is in no family of the catalogue, derived from the model's own files.

Each value that its files do not tell is an assumption: it becomes a caveat of the family, which the
project's README lists, and `make check` examines template, tokens and memory on the real files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from newft.decide.model.architecture import explain_no_family
from newft.errors import IncompatibleError
from newft.schema.catalog import Catalog
from newft.schema.family import GENERIC_FAMILY, Caveat, ChatTemplate, Family
from newft.schema.kit import PieceKind
from newft.schema.method import MethodOverrides
from newft.schema.model_facts import ChatFacts, ModelFacts
from newft.schema.reasoned import Sourced
from newft.text import Text

OWN_FILES = Text("the files of the model", "模型自身的文件")
OWN_RULE = Text("assumption of newft", "newft 的推断")
# The names that most decoders give to the linear modules of a block (LLaMA and its successors).
MLP_MODULES = ("gate_proj", "up_proj", "down_proj")
ATTENTION_MODULES = ("q_proj", "k_proj", "v_proj", "o_proj")
# with multi-head latent attention (DeepSeek-V2 and its successors), queries compressed or not
LATENT_MODULES = ("q_proj", "q_a_proj", "q_b_proj", "kv_a_proj_with_mqa", "kv_b_proj", "o_proj")
UNKNOWN_TEMPLATE_TOKENS = 48  # more than any template of the catalogue adds without dates
# LLaMA 3 and others take the date of the clock unless it is given; any fixed date works.
FIXED_DATE = "26 Jul 2024"
WRITING_CLASSES = ("ForCausalLM", "ForConditionalGeneration", "LMHeadModel")
# Classes of transformers 5.24 that write text and have plain attention only (`_supports_sdpa`).
PLAIN_ATTENTION = """
    BigBirdForCausalLM BigBirdPegasusForCausalLM BlipForConditionalGeneration BloomForCausalLM
    CpmAntForCausalLM DeepseekV4ForCausalLM FlintForCausalLM
    Gemma2ForCausalLM GitForCausalLM GotOcr2ForConditionalGeneration GPTNeoForCausalLM
    GPTNeoXJapaneseForCausalLM GptOssForCausalLM GraniteMoeSWAForCausalLM GraniteSWAForCausalLM
    HYV4ForCausalLM HYV4VLForConditionalGeneration Inkling2ForCausalLM
    Inkling2ForConditionalGeneration Inkling2LoopForCausalLM
    Inkling2LoopForConditionalGeneration
    MegatronBertForCausalLM MiMoV2FlashForCausalLM MptForCausalLM MvpForCausalLM
    OpenAIGPTLMHeadModel ProphetNetForCausalLM RemBertForCausalLM RoFormerForCausalLM
    TrOCRForCausalLM VaultGemmaForCausalLM XGLMForCausalLM XLMWithLMHeadModel
    XLNetLMHeadModel
""".split()  # noqa: SIM905 - forty quotes would hide the names
# Classes of transformers 5.24 that hear or speak, and load neither as a causal language model nor
# as one of images and text.
SOUND_CLASSES = """
    AudioFlamingo3ForConditionalGeneration CsmForConditionalGeneration
    FunAsrNanoForConditionalGeneration GlmAsrForConditionalGeneration
    GradiumPhononTTSForConditionalGeneration GraniteSpeechForConditionalGeneration
    GraniteSpeechPlusForConditionalGeneration HiggsAudioV2ForConditionalGeneration
    KyutaiSpeechToTextForConditionalGeneration MusicFlamingoForConditionalGeneration
    Nemotron3_5TranscribeForConditionalGeneration OmniASRForConditionalGeneration
    PocketTTSForConditionalGeneration Qwen2AudioForConditionalGeneration
    Qwen2_5OmniForConditionalGeneration Qwen3ASRForConditionalGeneration
    Qwen3OmniMoeForConditionalGeneration VibeVoiceAsrForConditionalGeneration
    VibeVoiceForConditionalGeneration VoxtralForConditionalGeneration
    VoxtralRealtimeForConditionalGeneration
""".split()  # noqa: SIM905 - forty quotes would hide the names
# Classes without attention, which keep no keys and values of the tokens that they have read.
RECURRENT_CLASSES = frozenset(
    {
        "FalconMambaForCausalLM",
        "Mamba2ForCausalLM",
        "MambaForCausalLM",
        "RwkvForCausalLM",
        "xLSTMForCausalLM",
    }
)
# `model_type` of models with attention and Mamba blocks in which peft 0.21 refuses an adapter of
# `out_proj`: their kernel reads the weight of that module past an adapter.
MAMBA_TYPES = frozenset({"falcon_h1", "nemotron_h"})
NO_THINKING: Mapping[str, bool] = {"enable_thinking": False}


def make_generic_family(model: ModelFacts | None, catalog: Catalog) -> Family:
    """Make the family of a model from its files, or refuse files that do not tell enough."""
    if model is None:
        raise IncompatibleError(
            Text(
                f"`--family {GENERIC_FAMILY}` takes every value from the files of the model, and "
                "there are none on this machine",
                f"`--family {GENERIC_FAMILY}` 的各项数值都取自模型文件，而本机没有这些文件",
            ),
            where="model, family",
            hint=Text(
                "give the folder of the model: --model FOLDER; its json files are enough",
                "请给出模型文件夹：--model FOLDER，只有其中的 json 文件也可以",
            ),
        )
    _refuse_other_class(model)
    chat = _make_chat(model)
    relative = _find_relative(model, catalog)
    pieces, pieces_note = _estimate_pieces(model, catalog)
    name = ", ".join(model.architectures) or model.model_type or "?"
    modules = relative.linear_modules if relative else _list_modules(model)
    return Family(
        id=GENERIC_FAMILY,
        title=name,
        sizes=(),
        architectures=model.architectures,
        linear_modules=modules,
        fp16_safe=Sourced(
            False,
            Text("not known of this model, so fp16 is not used", "该模型未知，因此不用 fp16"),
            OWN_RULE,
        ),
        chat=chat,
        tokens_per_piece=Sourced(pieces, pieces_note, OWN_RULE),
        requires=relative.requires if relative else (),
        languages=("en", "zh"),
        caveats=(
            _explain_learning_rate(explain_no_family(model, catalog)),
            *_list_assumptions(model, chat, relative),
        ),
        sources=("config.json",),
        methods=_choose_methods(model, relative),
        expert_parameters=relative.expert_parameters if relative else (),
        language_module=relative.language_module if relative else None,
        attention=_list_kernels(model),
    )


def _list_modules(model: ModelFacts) -> tuple[str, ...]:
    """List the names of linear modules, some of which the model may lack."""
    mixer = ("in_proj",) if model.model_type in MAMBA_TYPES else ()
    return (*mixer, *_list_attention_modules(model), *MLP_MODULES)


def _list_attention_modules(model: ModelFacts) -> tuple[str, ...]:
    return LATENT_MODULES if model.numbers.get("kv_lora_rank") else ATTENTION_MODULES


def _list_kernels(model: ModelFacts) -> tuple[str, ...]:
    plain = bool({*model.architectures} & {*PLAIN_ATTENTION})
    return ("eager",) if plain else ("sdpa", "eager")


def _refuse_other_class(model: ModelFacts) -> None:
    """Raise for classes that no project trains, such as encoders with a head that classifies."""
    named = model.architectures
    if model.has_encoder:
        fault = Text(
            "whose encoder reads the prompt for a decoder: a project trains decoders alone",
            "由编码器读入提示词、解码器生成回答，而项目只训练纯解码器模型",
        )
    elif {*named} & RECURRENT_CLASSES:
        fault = Text(
            "which has no attention: a project answers from keys and values that attention keeps",
            "没有注意力层，而项目生成回答时要用注意力缓存的键和值",
        )
    elif {*named} & {*SOUND_CLASSES}:
        fault = Text(
            "a model for sound, which transformers does not load as a model of text",
            "是语音模型，transformers 不能把它作为文本模型加载",
        )
    elif named and not model.own_code and not any(one.endswith(WRITING_CLASSES) for one in named):
        fault = Text("which does not write answers", "不能生成回答")
    else:
        return
    name = ", ".join(named) or model.model_type or "?"
    raise IncompatibleError(
        Text(f"the model is a {name}, {fault.en}", f"该模型是 {name}，{fault.zh}"),
        where="model",
        hint=Text(
            "give a chat model that is a decoder with attention; its class ends in ForCausalLM",
            "请给出带注意力层的纯解码器对话模型，其模型类以 ForCausalLM 结尾",
        ),
    )


def _find_relative(model: ModelFacts, catalog: Catalog) -> Family | None:
    """Return a family of the same class, whose modules have the same names."""
    return next(
        (
            family
            for family in catalog.families.values()
            if {*family.architectures} & {*model.architectures}
            or (model.model_type and model.model_type in family.model_types)
        ),
        None,
    )


def _make_chat(model: ModelFacts) -> ChatTemplate:
    chat = model.chat or ChatFacts()
    end = chat.end_of_turn or chat.end_of_sequence
    if not chat.has_template or end is None:
        missing = (
            Text("no chat template", "没有对话模板")
            if not chat.has_template
            else Text("no token that ends an answer", "没有结束回答的 token")
        )
        raise IncompatibleError(
            Text(
                f"the files of the model have {missing.en}, which no family can tell instead",
                f"模型文件中{missing.zh}，也没有已知系列可以参照",
            ),
            where="model, family",
            hint=Text(
                "choose an instruct or chat model; or put a chat_template.jinja and a "
                "tokenizer_config.json with eos_token into the folder",
                "请选用 instruct 或 chat 模型；或在文件夹中放入 chat_template.jinja 和写明 "
                "eos_token 的 tokenizer_config.json",
            ),
        )
    return ChatTemplate(
        end_of_turn=end,
        pad=chat.pad or chat.end_of_sequence or end,
        template_arguments=_choose_arguments(chat),
        template_tokens=chat.template_tokens or UNKNOWN_TEMPLATE_TOKENS,
        source="tokenizer_config.json",
        stop_tokens=tuple(token for token in chat.stop_tokens if token != end),
        system_turn=chat.system_turn or "own",
    )


def _choose_arguments(chat: ChatFacts) -> dict[str, str | bool]:
    """Return the arguments that keep prompts the same: no thinking, and no date of today."""
    known: dict[str, str | bool] = {**NO_THINKING, "date_string": FIXED_DATE}
    return {key: value for key, value in known.items() if key in chat.template_variables}


def _estimate_pieces(model: ModelFacts, catalog: Catalog) -> tuple[Mapping[PieceKind, float], Text]:
    """Return the tokens of a piece: of a family with the same vocabulary, or the most of any."""
    families = catalog.families.values()
    for family in families:
        if any(size.vocabulary == model.vocabulary for size in family.sizes):
            return family.tokens_per_piece.value, Text(
                f"its vocabulary is as large as that of {family.title}, whose values are taken",
                f"词表大小与 {family.title} 相同，沿用其数值",
            )
    most: dict[PieceKind, float] = {}
    for family in families:
        for kind, tokens in family.tokens_per_piece.value.items():
            most[kind] = max(tokens, most.get(kind, 0.0))
    why = Text(
        "its tokenizer is not known: the most tokens of any family of the catalogue",
        "分词器未知：取 newft 收录的各系列的最大值",
    )
    return most, why


def _choose_methods(model: ModelFacts, relative: Family | None) -> Mapping[str, MethodOverrides]:
    """Return the target modules, where training all linear modules would hit the wrong ones."""
    targets = None
    if relative and (own := relative.methods.get("lora")) and "target_modules" in own.values:
        targets = own.values["target_modules"]
    elif model.model_type in MAMBA_TYPES:
        why = Text(
            "without out_proj of the Mamba blocks: their kernel would leave out its adapter, and "
            "peft refuses one",
            "不含 Mamba 块的 out_proj：其内核会绕过适配器，peft 也拒绝为其添加",
        )
        targets = Sourced(_make_pattern(_list_modules(model)), why, OWN_RULE)
    elif model.has_vision or model.numbers.get("experts", 0) > 1:
        why = Text(
            "attention only: all linear modules would include the router of experts or the tower "
            "for images",
            "只训练注意力：若取全部线性层，会包含专家路由或图像编码器",
        )
        names, tower = _list_attention_modules(model), model.has_vision
        targets = Sourced(_make_pattern(names, with_tower=tower), why, OWN_RULE)
    return {"lora": MethodOverrides(values={"target_modules": targets})} if targets else {}


def _make_pattern(names: tuple[str, ...], *, with_tower: bool = False) -> str:
    """Make a pattern of module paths: of names in a list, the model would need to have each."""
    tower = "(?!.*(?:vision|visual|audio))" if with_tower else ""
    return rf"^{tower}.*\.(?:{'|'.join(names)})$"


def _explain_learning_rate(no_family: Text) -> Caveat:
    return Caveat(
        no_family,
        Text(
            "the learning rate and the other values of the method are its usual ones, not tuned "
            "for this model: compare two or three learning rates on the validation rows",
            "学习率等取该方法的常用值，未针对该模型调过：请在验证集上比较两三个学习率",
        ),
        OWN_RULE,
    )


def _list_assumptions(
    model: ModelFacts, chat: ChatTemplate, relative: Family | None
) -> Iterator[Caveat]:
    """List what newft assumes of the model, with what follows from it."""
    rendered = bool(model.chat and model.chat.end_of_turn)
    yield Caveat(
        Text(f"an answer ends with {chat.end_of_turn}", f"回答以 {chat.end_of_turn} 结束"),
        Text(
            "this is what the chat template writes after an answer"
            if rendered
            else "the template writes no token after an answer, so the end of a sequence is taken",
            "对话模板在回答之后写的就是它"
            if rendered
            else "模板在回答之后没有写任何 token，因此取序列结束符",
        ),
        Text("the chat template", "对话模板") if rendered else Text("eos_token", "eos_token"),
    )
    if model.chat and not model.chat.pad:
        yield Caveat(
            Text(f"{chat.pad} is the padding token", f"{chat.pad} 用作填充符"),
            Text(
                "the tokenizer names none; padding is masked by position, so any token serves",
                "分词器没有指定；填充按位置做掩码，用哪个 token 都可以",
            ),
            OWN_FILES,
        )
    if model.chat and model.chat.writes_date and "date_string" not in chat.template_arguments:
        yield Caveat(
            Text("the chat template writes today's date", "对话模板会写入当天日期"),
            Text(
                "prompts would change every day, so `make check` refuses it: set a fixed date in a "
                "copy of chat_template.jinja",
                "提示词会每天变化，`make check` 会拒绝：请在模板的副本中写固定日期",
            ),
            Text("the chat template", "对话模板"),
        )
    yield _explain_modules(relative)


def _explain_modules(relative: Family | None) -> Caveat:
    if relative:
        return Caveat(
            Text(
                "modules are named as in " + relative.title, "模块名与 " + relative.title + " 相同"
            ),
            Text("the class of the model is the same", "模型类相同"),
            OWN_FILES,
        )
    return Caveat(
        Text("the class of the model is in no family", "收录的系列都不使用该模型类"),
        Text(
            "memory and time are those of a usual decoder; `make check` measures the memory",
            "占用和时间按常见的解码器结构估算，由 `make check` 实测",
        ),
        OWN_RULE,
    )
