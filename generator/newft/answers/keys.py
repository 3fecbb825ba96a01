"""The table of answer keys, and access to answers by key.

Everything that reads, writes or explains answers derives from `ANSWER_KEYS`: the options of
`newft new` and their help, `--set`, files of answers, unknown keys, the command that repeats a
conversation, shell completion, `newft show questions`, and the tables of both READMEs. The value
reaches the plan as the field of `newft.schema.answers` that has the same name.

`newft --help` imports this module, so it is plain Python: no dataclasses, no YAML.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from newft.text import Text, fold_name

AnswerValue = str | tuple[str, ...]
RawAnswers = Mapping[str, AnswerValue]
CatalogNames = Literal["domains", "tasks", "families", "methods", "accelerators"]

FILES_KEY = "data.files"
COLUMNS_PREFIX = "data.columns."  # followed by the name of a field
POSITIVE_KEY = "data.positive"  # the labels whose summed probability is scored
INDETERMINATE_KEY = "data.indeterminate"  # labels whose rows are left out
SHOW_KEY = "data.show"  # columns of a table that the model is shown
HIDE_KEY = "data.hide"  # columns of a table that it is not shown
SPLIT_COLUMN_KEY = "data.columns.split"  # of any task: the column that says the split of a row
GIVEN_SPLITS_KEY = "data.given_splits"  # the splits of the files that are used; none: pool the rows
SPLIT_NAMES = ("train", "validation", "test")
KIT_KEY = "kit.source"
KIT_REVISION_KEY = "kit.revision"
PREFER_KEY = "kit.prefer"  # whose file wins where a copier template and newft both have it
KIT_ANSWERS_PREFIX = "kit.answers."  # followed by the name of a question of the kit
RECIPE_PREFIX = "recipe."  # followed by the name of a value of run.yaml, which the user gives
ADVICE_PREFIX = "advice."  # followed by a factor of templates/advice.yaml
ROI_PREFIX = "roi."  # followed by a figure of templates/roi.yaml, or a setting of the cash flow
UNKNOWN_VALUE = "unknown"  # of a factor or a figure: known to be unknown, so not asked again
SPREAD_SEPARATOR = "/"  # between the low, the base and the high value of a figure
# The values of the recipe that every method has, beside those of its own section
RECIPE_SETTINGS = (
    "learning_rate", "lr_scheduler", "warmup_ratio", "weight_decay", "max_grad_norm", "epochs",
    "batch_size", "gradient_accumulation_steps", "max_length", "max_packed_tokens", "precision",
    "gradient_checkpointing", "seed",
)  # fmt: skip
# Keys of `.newft/answers.yml` that have no option: newft records the exact state of a kit.
RECORDED_KEYS = (KIT_REVISION_KEY, "kit.commit", "kit.tree")
OPEN_PREFIXES = (
    COLUMNS_PREFIX,
    KIT_ANSWERS_PREFIX,
    RECIPE_PREFIX,
    ADVICE_PREFIX,
    ROI_PREFIX,
)  # of keys that the table does not list
NO_CHOICE = "none"  # of a key with fixed choices
AUTO_GPU = "auto"  # the machine that newft runs on


class AnswerKey(NamedTuple):
    """One key of the answers."""

    key: str  # in `--set`, in files of answers and in `.newft/answers.yml`
    option: str  # of `newft new`
    help: Text  # of the option
    metavar: str | None = None  # None: the choices stand in its place
    question: str | None = None  # id of the question that asks for it; None: it is never asked
    repeatable: bool = False  # the value is a list
    choices: Mapping[str, Text] | None = None  # the only valid values, with their titles
    names: CatalogNames | None = None  # the kind of catalogue names that are offered
    allow_other: bool = False  # other values than those names are valid too
    suggestion: tuple[str, Text] | None = None  # the default of the question, and its reason
    # in answers that an earlier newft recorded, which an update translates
    former_names: tuple[str, ...] = ()
    former_choices: Mapping[str, str] = {}  # old value -> value


class VisibleColumns(NamedTuple):
    """The columns of a table that the user shows to the model, or hides from it."""

    show: tuple[str, ...] = ()
    hide: tuple[str, ...] = ()


class RowChoices(NamedTuple):
    """What the user says of rows: which are left out, and which given splits are used."""

    indeterminate: tuple[str, ...] = ()  # labels whose rows are left out
    given_splits: tuple[str, ...] | None = None  # none of them pools the rows; None: all are used


# The order is that of the questions, and of the options in `--help`.
ANSWER_KEYS = (
    AnswerKey(
        FILES_KEY,
        "--data",
        Text("records: a file or a folder; repeatable", "数据：文件或文件夹，可多次给出"),
        question="data",
        repeatable=True,
        metavar="PATH",
    ),
    AnswerKey(
        KIT_KEY,
        "--kit",
        Text(
            "starter kit or copier template: name, folder or URL, with @REVISION if not the latest;"
            " `none` for none; default: NEWFT_KIT",
            "起步套件或 copier 模板：名称、文件夹或 URL，可加 @版本；"
            "`none` 表示不用；默认取 NEWFT_KIT",
        ),
        metavar="SOURCE",
    ),
    AnswerKey(
        PREFER_KEY,
        "--prefer",
        Text(
            "whose file wins where a copier template and newft both have it",
            "copier 模板与 newft 都有的文件以谁为准",
        ),
        choices={
            "kit": Text("the template", "模板"),
            "newft": Text("newft", "newft"),
        },
    ),
    AnswerKey(
        "domain",
        "--domain",
        Text("domain; see `newft show domains`", "领域，见 `newft show domains`"),
        question="task",
        names="domains",
        metavar="ID",
    ),
    AnswerKey(
        "task",
        "--task",
        Text(
            "task, as TASK or DOMAIN/TASK; see `newft show domains`",
            "任务，写作 TASK 或 DOMAIN/TASK，见 `newft show domains`",
        ),
        question="task",
        names="tasks",
        metavar="ID",
    ),
    AnswerKey(
        "language",
        "--language",
        Text("language of the project", "项目语言"),
        question="language",
        choices={"en": Text("English", "英文"), "zh": Text("Chinese", "中文")},
    ),
    AnswerKey(
        POSITIVE_KEY,
        "--positive",
        Text(
            "label whose probability is the score of a row; repeatable: of several, their sum",
            "以其概率作为评分的标签（正类），可多次给出，按概率之和计分",
        ),
        question="positive",
        repeatable=True,
        metavar="LABEL",
    ),
    AnswerKey(
        INDETERMINATE_KEY,
        "--indeterminate",
        Text(
            "label whose outcome is not known yet, so that its rows are left out; repeatable",
            "结果尚未确定的标签，其数据行会被剔除，可多次给出",
        ),
        question="indeterminate",
        repeatable=True,
        metavar="LABEL",
    ),
    AnswerKey(
        SHOW_KEY,
        "--show",
        Text(
            "column of a table that the model is shown; repeatable",
            "表格中要给模型看的列，可多次给出",
        ),
        repeatable=True,
        metavar="COLUMN",
    ),
    AnswerKey(
        HIDE_KEY,
        "--hide",
        Text(
            "column of a table that the model is not shown; repeatable",
            "表格中不给模型看的列，可多次给出",
        ),
        repeatable=True,
        metavar="COLUMN",
    ),
    AnswerKey(
        GIVEN_SPLITS_KEY,
        "--given-splits",
        Text(
            "split that the data give and that is used: train, validation or test; repeatable; "
            "`--set data.given_splits=[]` pools all rows",
            "沿用数据自带的哪些划分：train、validation、test，可多次给出；"
            "`--set data.given_splits=[]` 合并全部数据后重新划分",
        ),
        repeatable=True,
        metavar="SPLIT",
    ),
    AnswerKey(
        "gpu",
        "--gpu",
        Text(
            "hardware: auto, cpu, 1x24GB, 2xV100-32GB, 1xRTX4090, 8x910B ...",
            "硬件：auto、cpu、1x24GB、2xV100-32GB、1xRTX4090、8x910B 等",
        ),
        question="gpu",
        names="accelerators",
        allow_other=True,
        metavar="NAME",
    ),
    AnswerKey(
        "family",
        "--family",
        Text(
            "model family, such as qwen3; `generic` goes by the model's own files",
            "模型系列，例如 qwen3；generic 表示按模型自身的文件来定",
        ),
        question="family",
        names="families",
        metavar="ID",
    ),
    AnswerKey(
        "model",
        "--model",
        Text("`embedded`, a hub id or a folder", "embedded、模型 ID 或本地文件夹"),
        question="model",
        metavar="MODEL",
    ),
    AnswerKey(
        "revision",
        "--revision",
        Text("revision of the model on its hub", "模型在模型社区上的版本"),
        metavar="REV",
    ),
    AnswerKey(
        "device_price",
        "--device-price",
        Text(
            "what one device costs for an hour, such as 1.99 or 1.99USD: the plan then says what "
            "training may cost",
            "一个设备一小时的价格，如 1.99 或 14.5CNY：给出后会估算训练费用",
        ),
        metavar="PRICE",
    ),
    AnswerKey(
        "hub",
        "--hub",
        Text("hub to download the model from", "从哪个模型社区下载"),
        question="hub",
        choices={
            "modelscope": Text("ModelScope", "魔搭 ModelScope"),
            "huggingface": Text(
                "Hugging Face, or a mirror in HF_ENDPOINT",
                "Hugging Face，或 HF_ENDPOINT 指定的镜像",
            ),
        },
        suggestion=("modelscope", Text("quick to reach from China", "国内下载快")),
    ),
    AnswerKey(
        "method",
        "--method",
        Text("training method, as in `newft show methods`", "微调方法，见 `newft show methods`"),
        names="methods",
        metavar="ID",
        question="method",
    ),
    AnswerKey(
        "exports",
        "--exports",
        Text(
            "training tool for which the project also has a configuration, and rows; repeatable",
            "项目另外为哪个训练工具提供配置和数据，可多次给出",
        ),
        repeatable=True,
        choices={
            NO_CHOICE: Text("none", "无"),
            "llama_factory": Text(
                "LLaMA-Factory: a configuration; rows as alpaca and sharegpt",
                "LLaMA-Factory：配置文件，以及 alpaca 和 sharegpt 格式的数据",
            ),
            "axolotl": Text("axolotl: a configuration", "axolotl：配置文件"),
            "ms_swift": Text("ms-swift: a configuration", "ms-swift：配置文件"),
        },
    ),
    AnswerKey(
        "ci",
        "--ci",
        Text(
            "CI files: style and tests of every change, a weekly look for updates",
            "CI 文件：每次改动检查风格并跑测试，每周检查更新",
        ),
        choices={
            "none": Text("none", "无"),
            "github": Text("GitHub Actions", "GitHub Actions"),
            "gitlab": Text("GitLab CI/CD", "GitLab CI/CD"),
        },
    ),
    AnswerKey(
        "name",
        "--name",
        Text("name of the project", "项目名称"),
        question="name",
        metavar="NAME",
    ),
)
_ENTRIES = {entry.key: entry for entry in ANSWER_KEYS}


def find_answer_key(key: str) -> AnswerKey | None:
    """Return the entry of a key; None for an unknown key and for the key of a column."""
    return _ENTRIES.get(key)


def is_answer_key(key: str) -> bool:
    """Return whether answers can have this key."""
    return (
        key in _ENTRIES
        or key in RECORDED_KEYS
        or any(key.startswith(prefix) and key != prefix for prefix in OPEN_PREFIXES)
    )


def is_repeatable(key: str) -> bool:
    """Return whether the value of a key is a list."""
    return key in _ENTRIES and _ENTRIES[key].repeatable


def allows_list(key: str) -> bool:
    """Return whether the value of a key may be a list; what stands behind it decides that later."""
    return is_repeatable(key) or key.startswith((KIT_ANSWERS_PREFIX, RECIPE_PREFIX, ROI_PREFIX))


def list_answer_keys() -> list[str]:
    """Return all keys; two columns stand as examples for the keys of all columns."""
    return [*_ENTRIES, f"{COLUMNS_PREFIX}text", f"{COLUMNS_PREFIX}label"]


def get_option(key: str) -> str:
    """Return the option of `newft new` that sets a key."""
    return _ENTRIES[key].option


def get_data_files(given: RawAnswers) -> tuple[str, ...]:
    """Return the data files of the answers; without any, the project gets the sample."""
    value = given.get(FILES_KEY, ())
    return value if isinstance(value, tuple) else (value,)


def get_visible_columns(given: RawAnswers) -> VisibleColumns:
    """Return the columns that the answers show to the model, and those that they hide."""
    show, hide = given.get(SHOW_KEY, ()), given.get(HIDE_KEY, ())
    return VisibleColumns(
        show if isinstance(show, tuple) else (show,), hide if isinstance(hide, tuple) else (hide,)
    )


def get_answered_labels(key: str, given: RawAnswers) -> tuple[str, ...]:
    """Return the labels that an answer names; none where there is no answer."""
    value = given.get(key, ())
    return value if isinstance(value, tuple) else (value,)


def get_row_choices(given: RawAnswers) -> RowChoices:
    """Return what the answers say of rows; given splits may be an empty list, which is no None."""
    splits = given.get(GIVEN_SPLITS_KEY)
    splits = (splits,) if isinstance(splits, str) else splits
    return RowChoices(get_answered_labels(INDETERMINATE_KEY, given), splits)


def normalize_gpu(text: str) -> str:
    """Return the hardware as given, but `auto` always in lower case."""
    return AUTO_GPU if fold_name(text) == AUTO_GPU else text


def normalize_value(key: str, value: AnswerValue) -> AnswerValue:
    """Return a value as the answers keep it: the three of a figure as one text, 15%/35%/65%."""
    if isinstance(value, tuple):
        return SPREAD_SEPARATOR.join(value) if key.startswith(ROI_PREFIX) else value
    return normalize_gpu(value) if key == "gpu" else value


def get_columns(given: RawAnswers) -> dict[str, str]:
    """Return the columns of the answers by field."""
    return {name: str(value) for name, value in _select_group(given, COLUMNS_PREFIX).items()}


def get_kit_answers(given: RawAnswers) -> dict[str, AnswerValue]:
    """Return the answers to the questions of a kit by the name of the question."""
    return _select_group(given, KIT_ANSWERS_PREFIX)


def get_recipe_values(given: RawAnswers) -> dict[str, AnswerValue]:
    """Return the values of the recipe that the answers give, by their names in run.yaml."""
    return _select_group(given, RECIPE_PREFIX)


def get_advice_values(given: RawAnswers) -> dict[str, str]:
    """Return the factors of the advice that the answers give, as they were written."""
    return _select_known(given, ADVICE_PREFIX)


def get_roi_figures(given: RawAnswers) -> dict[str, str]:
    """Return the figures of the cash flow that the answers give, as they were written."""
    return _select_known(given, ROI_PREFIX)


def drop_unknown_values(given: RawAnswers) -> RawAnswers:
    """Return the answers without the factors and figures that the user does not know."""
    return {
        key: value
        for key, value in given.items()
        if str(value).strip().casefold() != UNKNOWN_VALUE
        or not key.startswith((ADVICE_PREFIX, ROI_PREFIX))
    }


def _select_known(given: RawAnswers, prefix: str) -> dict[str, str]:
    group = _select_group(drop_unknown_values(given), prefix)
    return {name: str(value) for name, value in group.items()}


def _select_group(given: RawAnswers, prefix: str) -> dict[str, AnswerValue]:
    return {
        key.removeprefix(prefix): value for key, value in given.items() if key.startswith(prefix)
    }
