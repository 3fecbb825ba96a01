"""Generic code serves every domain: what only one of them says stands in its kit."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

GENERIC_CODE = ("generator/newft", "templates/project", "templates/layers")
SUFFIXES = (".py", ".yaml", ".jinja")
# of applications, contracts, cases and requests; identifiers count by their words
DOMAIN_WORDS = re.compile(
    r"(?<![a-z])(?:clause[ _]types?|contracts?|passages?|statutes?|plaintiffs?|defendants?|lawyers?"
    r"|crimes?|criminals?|charges?|courts?|judg(?:e)?ments?|risks?|risky|loans?|lenders?|borrowers?"
    r"|applicants?|credit|creditworth\w*|bad[ _]outcomes?|good[ _]outcomes?|intents?|refunds?"
    r"|customers?|tickets?|parcels?|auc[, ]+ks)(?![a-z])"
    r"|条款|合同|法律|律师|罪|案情|案件|判决|风险|信贷|贷款|借款|放贷|授信|审批|坏样本|坏结果|坏账|违约|逾期|意图|客服|客户|工单|退款|快递|包裹|被告|盗窃",
    re.IGNORECASE,
)
# words that any domain's data may have: who speaks in a chat, what streets are called, and what
# names of columns end with
ALLOWED = {
    "generator/newft/emitted/record_shapes.py": {"customer", "客户", "客服"},
    "generator/newft/dataset/identifier_values.py": {"court"},
    "generator/newft/dataset/neutral_words.py": {
        *("loan", "loans", "credit", "credits", "customer", "customers", "borrower", "applicant"),
        "lender",
        *("contract", "risk", "客户", "借款", "贷款", "放款", "信贷", "审批", "合同", "违约"),
    },
    "generator/newft/dataset/topic_names.py": {"intent", "意图", "客服"},
    # what can go wrong in a project, whatever its domain
    "generator/newft/schema/rollout.py": {"Risk", "risks"},
    "generator/newft/schema/kit.py": {"Risk", "risks"},
    "generator/newft/catalog/rollout_rules.py": {"risks"},
    "generator/newft/kits/resolve.py": {"risks", "risk"},
    "generator/newft/decide/rollout/rollout.py": {"risks"},
    "generator/newft/decide/rollout/__init__.py": {"risks"},
    "generator/newft/project/plan_document.py": {"risks"},
    "templates/layers/language/en/PLAN.md.jinja": {"risk", "Risks", "risks"},
    "templates/layers/language/zh/PLAN.md.jinja": {"风险", "risks"},
}


def find_domain_words(repository: Path) -> list[str]:
    found = []
    for folder in GENERIC_CODE:
        for file in sorted((repository / folder).rglob("*")):
            if file.suffix not in SUFFIXES:
                continue
            path = file.relative_to(repository).as_posix()
            for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
                spelled = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", line)  # RiskLevel is of Risk too
                spelled = re.sub(r"\\u([0-9a-f]{4})", lambda code: chr(int(code[1], 16)), spelled)
                words = {*DOMAIN_WORDS.findall(spelled)} - ALLOWED.get(path, set())
                found += [f"{path}:{number}: {word}: {line}" for word in words]
    return found


def test_generic_code_holds_no_word_of_a_domain(repository: Path) -> None:
    assert "\n".join(find_domain_words(repository)) == ""


@pytest.mark.parametrize(
    "line", ["clause_type", "RiskLevel", "the borrower's age", "Charges:", "哪个条款", "intent_id"]
)
def test_the_words_are_recognized(line: str) -> None:
    assert DOMAIN_WORDS.search(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", line))
