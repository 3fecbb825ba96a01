"""The texts of `--help` in both languages; plain Python, so that help loads no YAML parser."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Mapping
from typing import Any

from newft.answers.keys import ANSWER_KEYS
from newft.text import Text
from newft.text_layout import measure_width, wrap_text

HELP_TEXTS: Mapping[str, Text] = {
    "newft": Text(
        "Start LLM fine-tuning projects that run, are right, and stay yours.",
        "创建能跑通、参数有依据、归自己所有的大模型微调项目。",
    ),
    "exit codes": Text(
        "exit codes: 0 done, 1 wrong input or failure, 2 usage or a missing answer, 3 update left "
        "conflicts or status found something to do, 70 a bug, 130 interrupted",
        "退出码：0 成功，1 输入有误或执行失败，2 用法错误或缺少答案，3 更新后有待解决的冲突，"
        "或 status 发现有事要做，70 内部缺陷，130 被中断",
    ),
    "usage": Text("usage: ", "用法："),
    "positionals": Text("positional arguments", "参数"),
    "options": Text("options", "选项"),
    "help": Text("show this help message and exit", "显示帮助并退出"),
    "version": Text("show program's version number and exit", "显示版本号并退出"),
    "lang": Text("language of the interface (default: the locale's)", "界面语言（默认随系统设置）"),
    "new": Text(
        "ask, decide, show the plan, write a project (the default)",
        "提问，定参数，显示方案，写出项目（默认命令）",
    ),
    "new.advice": Text(
        "answers of `newft advise`, as written beside its --output",
        "`newft advise --output` 写出的答案文件",
    ),
    "advise": Text(
        "advise between prompt, RAG, fine-tuning, hybrid and classical model, with what it costs",
        "建议用提示词、RAG、微调、混合还是传统模型，并测算投入与收益",
    ),
    "advise.explain": Text(
        "show every point and figure with its reason and source",
        "列出每一分、每个数字及其理由和出处",
    ),
    "advise.output": Text(
        "Markdown file for the plan; charts and answers go into a folder of its name",
        "写出方案的 Markdown 文件，图表和答案放在同名文件夹",
    ),
    "update": Text(
        "bring a project up to date with newft, its kit and changed answers; your edits stay",
        "按新版 newft、套件和改动的答案更新项目，保留你的修改",
    ),
    "update.path": Text("folder of the project (default: .)", "项目文件夹（默认 .）"),
    "update.dry-run": Text("show what would change, write nothing", "只显示会有哪些改动，不写文件"),
    "update.diff": Text(
        "show the changes line by line on stdout, write nothing",
        "在标准输出逐行显示改动，不写文件",
    ),
    "update.remeasure": Text(
        "measure data and machine again; otherwise the recorded facts hold",
        "重新测量数据与本机；不加则沿用已记录的结果",
    ),
    "update.yes": Text("never ask: update at once", "不提问，直接更新"),
    "update.undo": Text("bring back the state before the last update", "恢复到上次更新之前的状态"),
    "show": Text(
        "show what there is: families, methods, hardware, domains, shapes, questions",
        "查看支持的 families、methods、hardware、domains、shapes、questions",
    ),
    "adopt": Text(
        "give a project of another origin a snapshot, so that it can be updated",
        "为其他来源的项目建立快照，使它以后能更新",
    ),
    "adopt.path": Text("folder of the project", "项目文件夹"),
    "adopt.kit": Text(
        "starter kit or copier template of the project", "项目的起步套件或 copier 模板"
    ),
    "adopt.yes": Text("write without asking", "不询问，直接写入"),
    "adopt.dry-run": Text(
        "show the answers and the files, write nothing", "只显示答案和文件，不写入"
    ),
    "status": Text(
        "one line a project: versions, local edits, policy, what is to be done",
        "每个项目一行：版本、本地修改、策略、要做的事",
    ),
    "status.paths": Text(
        "a project, or a folder with projects directly in it (default: .)",
        "项目，或下一层有项目的文件夹（默认 .）",
    ),
    "status.fetch": Text(
        "ask the repositories of kits for what is new (uses the network)",
        "向套件的仓库查询是否有更新（需要网络）",
    ),
    "status.exit codes": Text(
        "exit codes: 0 all up to date, 3 something is to be done, 1 a project cannot be examined",
        "退出码：0 全部最新，3 有事要做，1 有项目无法检查",
    ),
    "schema": Text(
        "print the JSON Schema of a file of answers, for editors and forms",
        "输出答案文件的 JSON Schema，供编辑器和表单使用",
    ),
    "schema.domain": Text("only the answers of this domain", "只含该领域的答案"),
    "show.kit": Text(
        "what there is for the projects of this starter kit", "该套件的项目可以使用的内容"
    ),
    "show.gpu": Text(
        "with `models`: the hardware that they must fit (default: this machine)",
        "用于 models：要放得下模型的硬件（默认本机）",
    ),
    "show.method": Text(
        "with `models`: the training method (default: lora)", "用于 models：微调方法（默认 lora）"
    ),
    "schema.kit": Text(
        "with the questions, presets, locks and policy of this starter kit",
        "含该套件的问题、预设、锁定和策略",
    ),
    "kit": Text("begin or check a starter kit of a team", "新建或检查团队的起步套件"),
    "kit.command": Text("new or check", "new 或 check"),
    "kit new": Text(
        "write a small starter kit that passes its own check", "写出一个能通过检查的小套件"
    ),
    "kit check": Text(
        "make the projects of a kit, run their tests, update them, and list what the kit adds",
        "生成套件的项目，运行测试，检查更新，并列出套件增加的内容",
    ),
    "kit.source": Text(
        "the kit: a folder, name or URL; or a domain of newft",
        "套件的文件夹、名称或 URL，或 newft 的领域",
    ),
    "kit.answers": Text(
        "answers of a project to make, in place of tests/ of the kit; repeatable",
        "要生成的项目的答案文件，代替套件的 tests/；可重复",
    ),
    "kit.no-tests": Text("do not run the tests of the projects", "不运行项目的测试"),
    "kit.path": Text("folder of the kit", "套件文件夹"),
    "kit.title": Text(
        "title of the kit (default: from the folder)", "套件名称（默认取自文件夹名）"
    ),
    "kit.extends": Text(
        "what it builds on: a domain, or a kit by name, folder or URL (default: any domain)",
        "以什么为基础：领域，或套件的名称、文件夹、URL（默认任意领域）",
    ),
    "kit.language": Text("language of its comments and example", "注释和示例的语言"),
    "completion": Text("print the completion script of a shell", "输出 shell 的补全脚本"),
    "path": Text("folder of the project (default: ./NAME)", "项目文件夹（默认 ./NAME）"),
    "answers": Text("answers", "答案"),
    "answers.about": Text(
        "what is not given is asked, or takes its default with --yes",
        "没给出的会询问；加 --yes 则取默认值",
    ),
    **{entry.option: entry.help for entry in ANSWER_KEYS},
    "answers.file": Text("YAML file of answers; - is stdin", "YAML 答案文件，- 表示标准输入"),
    "from": Text(
        "training configuration of LLaMA-Factory or axolotl whose values are the answers",
        "LLaMA-Factory 或 axolotl 的训练配置，其取值作为答案",
    ),
    "set": Text(
        "any answer, such as data.columns.text=Body or recipe.rank=32; repeatable",
        "任意一项答案，例如 data.columns.text=Body、recipe.rank=32，可多次给出",
    ),
    "yes": Text("never ask: take the defaults", "不提问，没给出的取默认值"),
    "trust-kit": Text(
        "confirm the code of a kit at this commit; repeatable", "确认套件在此提交的代码，可多次给出"
    ),
    "dry-run": Text("show the plan and the files, write nothing", "只显示方案和文件列表，不写文件"),
    "explain": Text(
        "show every number with its reason and source, and what others use",
        "列出每个数值及其理由和出处，以及其他工具的取值",
    ),
    "json": Text("one JSON object on stdout, and nothing else", "在标准输出写一个 JSON 对象"),
    "what": Text(
        "families, methods, hardware, domains, shapes, questions, models",
        "families、methods、hardware、domains、shapes、questions 或 models",
    ),
    "id": Text("one of them, in full", "其中一项的全部内容"),
    "json.list": Text("a JSON list on stdout", "在标准输出写一个 JSON 列表"),
    "shell": Text("bash, zsh, fish", "bash、zsh、fish"),
}


class WideHelpFormatter(argparse.HelpFormatter):
    """A formatter that counts Chinese characters as two columns."""

    def __init__(self, prog: str, *, usage: str) -> None:
        super().__init__(prog)
        # argparse counts characters, and a Chinese character is two columns wide
        self._width -= measure_width(usage) - len(usage)
        self._usage = usage

    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[Any],
        prefix: str | None = None,
    ) -> None:
        """Add the usage with the translated prefix, which argparse does not pass."""
        super().add_usage(usage, actions, groups, self._usage if prefix is None else prefix)

    def format_help(self) -> str:
        """Return the help with full-width colons behind Chinese headings."""
        return re.sub(r"^([^\x00-\x7f]+):$", r"\1：", super().format_help(), flags=re.MULTILINE)

    def _split_lines(self, text: str, width: int) -> list[str]:
        return wrap_text(text, width)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n".join(f"{indent}{line}" for line in wrap_text(text, width - len(indent)))
