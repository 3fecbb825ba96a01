"""Collect the answers that a configuration of another tool gives, and what is lost on the way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from newft.answers.imports.unknown_keys import find_meant_key
from newft.answers.keys import AnswerValue, RawAnswers
from newft.answers.yaml_file import combine_faults
from newft.emitted.yaml_lines import YamlDocument
from newft.errors import UsageError
from newft.text import Text, join_names

RECIPE_PREFIX = "recipe."
SHARDING = ("deepspeed", "fsdp", "fsdp_config")  # spread one model over several devices
SCHEDULES = ("linear", "cosine", "constant_with_warmup")
ADAM = {"adam_beta1": 0.9, "adam_beta2": 0.999, "adam_epsilon": 1e-08}  # as PyTorch has it
PLAIN_OPTIMIZERS = ("adamw_torch", "adamw_torch_fused", "adamw_hf")  # AdamW as PyTorch has it
# Packing is no value that is carried over: newft finds by the lengths of the rows whether it pays.
PACKING = Text(
    "newft decides itself whether it packs rows (recipe.max_packed_tokens). Its batch_size counts "
    "rows, that of this file sequences of several rows: an update of the project has fewer rows, "
    "unless you raise recipe.gradient_accumulation_steps",
    "是否打包由 newft 决定（recipe.max_packed_tokens）。newft 的 batch_size 按数据行计，"
    "此文件按打包后的序列计，一条序列含多行：项目每次更新的行数因此变少，"
    "可调大 recipe.gradient_accumulation_steps",
)


# values of every recipe; which of them a file leaves to newft is said
OPEN = (
    *("learning_rate", "lr_scheduler", "warmup_ratio", "weight_decay", "epochs", "batch_size"),
    *("gradient_accumulation_steps", "max_length", "precision", "seed"),
)
# of answers that are not one value; the others are
SWITCHES = ("dora", "rslora", "pissa", "gradient_checkpointing")
LISTS = ("target_modules", "target_parameters")
KINDS = {
    "switch": Text("true or false", "true 或 false"),
    "names": Text("a list of names", "名称列表"),
    "value": Text("one value", "一个值"),
}


class ChatTemplate(NamedTuple):
    """The name that LLaMA-Factory has for a chat template, and the file and line that name it."""

    name: str
    place: str


class ImportedAnswers(NamedTuple):
    """What a configuration of another tool says."""

    tool: str
    answers: RawAnswers
    template: ChatTemplate | None
    notes: tuple[Text, ...]  # what could not be carried over
    warnings: tuple[Text, ...] = ()
    places: Mapping[str, str] = {}  # file, line and key of an answer that the file gives
    last_block: int | None = None  # which blocks are trained, where the file gives their numbers
    missing_data: tuple[UsageError, ...] = ()  # why records that it names cannot be used


@dataclass
class Carrier:
    """The values of one file; every key is taken once, and those that are left are reported."""

    path: Path
    document: YamlDocument
    answers: dict[str, AnswerValue] = field(default_factory=dict)
    notes: list[Text] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)
    silent: list[str] = field(default_factory=list)  # that the project does in its own way
    places: dict[str, str] = field(default_factory=dict)  # of answers
    missing_data: list[UsageError] = field(default_factory=list)
    warnings: list[Text] = field(default_factory=list)
    misspelled: list[UsageError] = field(default_factory=list)
    last_block: int | None = None

    def take(self, key: str) -> Any:
        """Return the value of a key, None where it is absent or null."""
        self.taken.add(key)
        return self.values.get(key)

    @property
    def values(self) -> Mapping[str, Any]:
        """The values of the file by key."""
        return self.document.value  # type: ignore[no-any-return]

    def get_text(self, key: str) -> str:
        """Return a scalar as it was written."""
        return self.document.entries[(key,)].text

    def locate(self, key: str) -> str:
        """Return the file and the line of a key."""
        return f"{self.path}:{self.document.entries[(key,)].line}"

    def carry(self, key: str, name: str) -> None:
        """Carry the value of a key over as an answer; refuse a value of another kind."""
        value = self.take(key)
        setting = name.removeprefix(RECIPE_PREFIX)
        if value is None:
            return
        if setting in SWITCHES:
            self.check_kind(key, "switch", holds=isinstance(value, bool))
            if value:  # what is off is also off in newft
                self.put(key, name, "true")
        elif setting in LISTS and isinstance(value, list):
            self.check_kind(key, "names", holds=all(isinstance(one, str) for one in value))
            self.put(key, name, tuple(value))
        else:
            plain = isinstance(value, int | float | str) and not isinstance(value, bool)
            self.check_kind(key, "names" if setting in LISTS else "value", holds=plain)
            self.put(key, name, self.get_text(key))

    def put(self, key: str, name: str, value: AnswerValue) -> None:
        """Answer by the value of a key, and keep where it stands."""
        self.answers[name] = value
        if key in self.values:
            self.places[name] = f"{self.locate(key)}: {key}"

    def check_kind(self, key: str, kind: str, *, holds: bool) -> None:
        """Refuse a value that is not of the kind that the tool takes for a key."""
        if not holds:
            raise self.refuse(
                key,
                Text(
                    f"`{key}` should be {KINDS[kind].en}",
                    f"`{key}` 应为{KINDS[kind].zh}",
                ),
                Text("write it as the tool reads it", "请按该工具的格式书写"),
            )

    def take_defaults(
        self, tool: str, defaults: Mapping[str, tuple[str, str]], stand_ins: Mapping[str, str]
    ) -> None:
        """Answer what the file leaves out as the tool does, unless another key says it.

        `defaults`: the key, the name in the recipe and the value of the tool; `stand_ins`: the key
        that is given instead of another one.
        """
        filled = []
        for key, (name, value) in defaults.items():
            instead = self.values.get(stand_ins.get(key, ""))
            if self.values.get(key) is None and not instead:
                self.answers.setdefault(f"{RECIPE_PREFIX}{name}", value)
                filled.append(f"{key} {value}")
        if filled:
            listed = join_names(filled)
            self.notes.append(
                Text(
                    f"{self.path}: not in the file, so {tool}'s defaults are taken: {listed.en}",
                    f"{self.path}：文件未写的项取 {tool} 的默认值：{listed.zh}",
                )
            )

    def ignore(self, keys: Iterable[str], tool: str, method: str) -> None:
        """Take keys that the tool does not read for the method, and say so."""
        given = [key for key in keys if self.take(key) is not None]
        if given:
            listed = join_names(given)
            self.notes.append(
                Text(
                    f"{self.path}: {tool} does not read these for {method}: {listed.en}",
                    f"{self.path}：{tool} 在 {method} 下不读取：{listed.zh}",
                )
            )

    def carry_all(self, names: Mapping[str, str]) -> None:
        """Carry values of the recipe over, by the name of the tool and that of run.yaml."""
        for key, name in names.items():
            self.carry(key, f"{RECIPE_PREFIX}{name}")

    def carry_schedule(self, key: str) -> None:
        """Carry the learning rate schedule over, if newft has it."""
        if self.take(key) in SCHEDULES:
            self.put(key, f"{RECIPE_PREFIX}lr_scheduler", self.get_text(key))
        elif self.values.get(key) is not None:
            known = join_names(SCHEDULES)
            self.lose(key, Text(f"newft has {known.en}", f"newft 只有 {known.zh}"))

    def check_optimizer(self, key: str) -> None:
        """Say where another optimizer is asked for than AdamW."""
        if self.take(key) not in (None, *PLAIN_OPTIMIZERS):
            self.lose(key, Text("newft trains with AdamW of PyTorch", "newft 用 PyTorch 的 AdamW"))

    def lose(self, key: str, why: Text) -> None:
        """Note that the value of a key cannot be carried over."""
        self.taken.add(key)
        place = self.locate(key)
        self.notes.append(
            Text(
                f"{place}: `{key}` is not carried over: {why.en}",
                f"{place}：`{key}` 未带入：{why.zh}",
            )
        )

    def report_missing_data(self, key: str, why: Text) -> None:
        """Keep why records that a key names cannot be used."""
        message = Text(
            f"the records of `{key}` cannot be used: {why.en}",
            f"`{key}` 指定的数据无法使用：{why.zh}",
        )
        self.missing_data.append(UsageError(message, where=self.locate(key)))

    def lose_if_set(self, reasons: Mapping[str, Text]) -> None:
        """Note keys that change a run and have no counterpart; values that are off change none."""
        for key, why in reasons.items():
            if self.take(key) not in (None, False, "", 0, [], {}):
                self.lose(key, why)

    def lose_sharding(self) -> None:
        """Note that every device holds what the file spreads over all of them."""
        why = Text(
            "a project trains with data parallelism, without DeepSpeed and FSDP: every device "
            "holds the whole model",
            "项目只用数据并行，不用 DeepSpeed 和 FSDP：每张卡都要放下整个模型",
        )
        if self.answers.get("method") == "full":
            why = Text(
                f"{why.en}, its gradients and the states of the optimizer; it may not fit where "
                "the file does",
                f"{why.zh}及其梯度和优化器状态，原配置放得下的，这里未必放得下",
            )
        self.lose_if_set(dict.fromkeys(SHARDING, why))

    def lose_unless_usual(self, usual: Mapping[str, object]) -> None:
        """Note values of the optimizer that are not those of PyTorch, which a project takes."""
        for key, value in usual.items():
            if self.take(key) not in (None, value):
                self.lose(key, Text(f"newft takes {value}", f"newft 取 {value}"))

    def skip(self, keys: Iterable[str]) -> None:
        """Take keys for which a project has a way of its own."""
        for key in keys:
            if self.take(key) is not None:
                self.silent.append(key)

    def refuse(self, key: str, message: Text, hint: Text) -> UsageError:
        """Make the error for a file that newft cannot carry over at all."""
        return UsageError(message, where=self.locate(key), hint=hint)

    def report_unknown(
        self,
        name: str,
        tool: str,
        *,
        place: str,
        known: Iterable[str],
        recipe_keys: Mapping[str, str],
    ) -> None:
        """Keep a key that newft does not know: a fault if another one is probably meant."""
        meant = find_meant_key(name.rpartition(".")[2], known, recipe_keys)
        if meant is None:
            text = Text(
                f"{place}: `{name}` is not carried over: newft does not know it",
                f"{place}：`{name}` 未带入：newft 不认识此键",
            )
            self.warnings.append(text)
            return
        message = Text(f"newft knows no key `{name}` of {tool}", f"newft 不认识 {tool} 的 `{name}`")
        hint = Text(f"did you mean `{meant}`?", f"是否想写 `{meant}`？")
        self.misspelled.append(UsageError(message, where=place, hint=hint))

    def finish(
        self,
        tool: str,
        recipe_keys: Mapping[str, str],
        template: ChatTemplate | None = None,
        *,
        known: Iterable[str] = (),
    ) -> ImportedAnswers:
        """Report the keys that are left, and return the answers.

        Raises:
            UsageError: If keys are probably misspelled; all of them are listed.
        """
        for key in self.values:
            if key not in self.taken and self.values[key] is not None:
                names = [*recipe_keys, *known, *self.taken]
                self.report_unknown(
                    str(key), tool, place=self.locate(key), known=names, recipe_keys=recipe_keys
                )
        if self.misspelled:
            raise combine_faults(str(self.path), self.misspelled)
        if self.silent:
            listed = join_names(self.silent)
            self.notes.append(
                Text(
                    f"{self.path}: the project does in its own way: {listed.en}",
                    f"{self.path}：以下由项目自行处理：{listed.zh}",
                )
            )
        return ImportedAnswers(
            tool,
            dict(self.answers),
            template,
            notes=(*self.notes, *self._note_choices()),
            warnings=tuple(self.warnings),
            places=dict(self.places),
            last_block=self.last_block,
            missing_data=tuple(self.missing_data),
        )

    def _note_choices(self) -> Iterable[Text]:
        """Say which values of the recipe newft chooses, since the file does not give them."""
        open_names = [name for name in OPEN if f"{RECIPE_PREFIX}{name}" not in self.answers]
        listed = join_names(open_names if "model" in self.answers else ["model", *open_names])
        if listed.en:
            yield Text(
                f"{self.path}: newft chooses what the file does not give: {listed.en}",
                f"{self.path}：文件未给出、由 newft 选择的项：{listed.zh}",
            )


def name_model(carrier: Carrier, key: str) -> None:
    """Carry the base model over; a folder that is there is named by its path."""
    value = carrier.take(key)
    if value is None:
        return
    carrier.check_kind(key, "value", holds=isinstance(value, str))
    is_folder = "/" in value and Path(value).is_dir() and not value.startswith((".", "/", "~"))
    carrier.put(key, "model", f"./{value}" if is_folder else value)


def choose_precision(carrier: Carrier, bf16: Iterable[str], fp16: Iterable[str]) -> None:
    """Carry the number format over from the flags of which at most one is set."""
    flags = {"bf16": [*bf16], "fp16": [*fp16]}
    for name, keys in flags.items():
        if any([carrier.take(key) in (True, "auto", "full") for key in keys]):  # noqa: C419 - take all
            carrier.answers.setdefault(f"{RECIPE_PREFIX}precision", name)
