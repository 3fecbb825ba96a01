"""Words beside that of an outcome which leave its direction as it is: flags, times and subjects.

`default_flag` says what `default` says. `default_free` and 免于违约 do not, and no list has all
such words: so whatever is not known to be neutral leaves it open which way a name is meant.
"""

from __future__ import annotations

import re

_FLAGS = """
    is was has had have been be being are did does do will would ever yet if whether
    flag flg ind indicator status state label lbl target tgt y class category cat type kind group
    outcome result event value val var variable dv dep dependent response code bin binary bool dummy
    truth gold actual observed final col column field data sample record yn tf x
"""
_TIMES = """
    next month months mth mths mon mo m day days d year years yr yrs week weeks wk quarter q
    in within after since until during by at on over of the a an to for from or and with as
    first early period term horizon window time date plus than more
"""
_SUBJECTS = """
    loan loans credit credits customer customers cust client clients borrower account accounts acct
    user users member card cards payment payments pay pmt repayment mortgage applicant application
    app person people company firm business obligor debtor debt debts bill bills installment
    instalment contract case transaction trans txn order deal bank lender lending finance financial
    product policy sme principal interest balance amount
"""
_DEGREES = "serious seriously severe severely fully full completely very back off risk total"
_OTHER_LANGUAGES = """
    ist hat war im in mit nach der die das des von kredit kredits darlehen kunde kunden zahlung
    zahlungs konto monat monate monaten jahr jahre jahren tag tage merkmal kennzeichen ziel
    est a le la les de du des en dans apres pret client compte mois an ans jour jours credit cible
    es ha el la los las de del en con al prestamo cliente cuenta mes meses dia dias ano anos credito
    tem o os do da dos das em com emprestimo conta di il lo nel con prestito conto mese mesi giorni
    cliente pago pagamento objetivo w z na kredyt klient
"""
NEUTRAL_WORDS = frozenset(f"{_FLAGS} {_TIMES} {_SUBJECTS} {_DEGREES} {_OTHER_LANGUAGES}".split())
# endings of a word whose stem is listed: `delinq-uent`, `approv-al`, `foreclos-ure`
_ENDINGS = """
    e s es ed d er ers r ing al als ion ions ure ures ent ents ency encies cy cies y uent uents
    uency uencies uently ment ments t ness worthy worthiness iness led ling
    n en ung o a os as i ado ada ados adas o oso osa osos osas osidad idad te nte ante ente entes
    encia enza ncia imento imiento imientos
"""
_INFLECTIONS = frozenset(_ENDINGS.split())
# words that turn an outcome round, or may: beside one, the direction of a name is never told
_TURNING = """
    free zero nil avoid avoided avoids avoidance avoiding averted prevent prevented prevention cure
    cured cures waive waived waiver cleared resolved recovered recovery reversed absent absence
    lack lacks except excluding survived survive survival safe rescued forgiven
"""
_TURNING_WORDS = frozenset(_TURNING.split())
_HAN_NEUTRAL_PATTERN = re.compile(
    "(?:是不是|会不会|能不能|有没有|有无|是否|能否|会否|是|否|有|会|将|为|被|了|的|或|和|及|与|在|曾|已|过|"
    "未来|下个|下|次月|本月|本|当|近|最近|首|第|前|后|内|中|末|个|期|天|日|周|月|季度|季|年|时|间|以上|"
    "标志|标识|标记|标签|标注|字段|目标|变量|结果|状态|情况|表现|类别|类型|分类|类|级|样本|行为|事件|记录|"
    "客户|用户|会员|借款人|借款|贷款|放款|信贷|信用卡|信用|账户|账单|还款|欠款|分期|企业|公司|个人|合同|"
    "申请人|申请|审批|贷后|款|金|户|人|卡|率|最终|实际|真实|严重|发生|出现|产生|全部|全额|完全|"
    "按时|按期|如期|及时|正式|自动|人工|[一二三四五六七八九十两])*"
)
_HAN_TURNING_PATTERN = re.compile("免|零(?!售)|防止|预防|杜绝|消除|解除|豁免|治愈|挽回|除外|远离")


def is_neutral_word(word: str) -> bool:
    """Tell whether a word, or a number, leaves an outcome beside it as it is."""
    return word.isdecimal() or word in NEUTRAL_WORDS


def is_neutral_ending(ending: str) -> bool:
    """Tell whether the rest of a word after its stem is an inflection, or neutral."""
    return not ending or ending in _INFLECTIONS or ending in NEUTRAL_WORDS


def is_neutral_han(text: str) -> bool:
    """Tell whether a piece of Chinese is made of neutral words alone."""
    return _HAN_NEUTRAL_PATTERN.fullmatch(text) is not None


def may_turn_round(word: str) -> bool:
    """Tell whether a word, or a piece of Chinese, speaks of what did not happen or is over."""
    return word in _TURNING_WORDS or _HAN_TURNING_PATTERN.search(word) is not None
