"""Small sets of records of the three domains, in both languages: words tell what they are about.

Each domain has one task here, which takes any text with a label, so that words alone decide.
"""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from newft.catalog.loader import load_catalog
from newft.dataset.column_mapping import open_files
from newft.dataset.task_detection import detect_task

KITS = load_catalog().kits
ANY_TEXT = KITS["customer_service"].tasks["intent"]
SERVICE, CREDIT, LEGAL = "customer_service", "credit_risk", "legal"
ALIKE = {
    name: replace(kit, tasks={"any": replace(ANY_TEXT, suggested=name == SERVICE)})
    for name, kit in KITS.items()
}

TOLD = {
    "shop mails": (
        SERVICE,
        """The lamp came without its shade, can you post one?
        I was billed two times for the same mug
        Where do I find the tracking number?
        It has been ten days and nothing is here
        Please change the street on my order
        How do I use the gift card at checkout
        the zip of the jacket broke on day one, I want a refund
        do you ship to Malta?""",
    ),
    "bank support": (
        SERVICE,
        """My card was swallowed by the machine this morning
        How do I change the pin in the app?
        I cannot log in since the update
        The transfer to my sister is still pending
        Can you tell me why a fee was taken from my account
        when will my new card arrive
        I want to close my account, how long does it take?
        is the loan calculator on the website broken? it shows nothing""",
    ),
    "bank support about loans": (
        SERVICE,
        """How do I pay off my loan early in the app?
        Can you send me the statement of my loan again please
        I need a holiday from my payments, who do I call?
        Why was my application turned down? please help me
        my login for the mortgage page does not work
        How long until the money is in my account?
        I want to change the day of my payment
        Where is the form for a top up of my loan""",
    ),
    "insurance messages": (
        SERVICE,
        """Where is my claim? I sent the photos last week
        How do I add a driver to my policy
        please send the invoice for my policy again
        I want to cancel my policy at the end of the month
        Can you tell me when will the garage be paid
        my login to the claims page is locked
        the app does not accept the photo of the receipt
        How long does it take until somebody calls me back?""",
    ),
    "complaints about a contract": (
        SERVICE,
        """I want to cancel the phone contract I took in the shop, how do I do that?
        You still take money for broadband although I returned the router
        can you please tell me when the contract for my sim ends
        My bill shows roaming that I never used
        I need a technician, the wifi has been down for a week
        please send me the invoice of May again
        I want a refund for the month without broadband
        Why is the data plan slower than you said on the website?""",
    ),
    "hotel and flights": (
        SERVICE,
        """Can I bring a dog to the room?
        We would like a late check out on Sunday please
        my boarding pass is not in the app
        They lost my luggage in Vienna
        I need to move the reservation by a day
        Is breakfast in the price of the booking
        Could you seat us together on the flight
        the shower in room 12 is broken""",
    ),
    "software help desk": (
        SERVICE,
        """The app crashes when I press print
        I cannot sign in with the new password
        Please activate the seat for our new colleague
        How do I export the report to a sheet?
        the reset link never comes
        Can you move my subscription to the yearly plan
        Error 500 on the billing page since noon
        I need a copy of the last invoice""",
    ),
    "contract passages": (
        LEGAL,
        """This Agreement is governed by the laws of Oregon.
        Neither party may assign this Agreement without prior written consent of the other.
        Licensee shall keep all Confidential Information secret for five years.
        The supplier shall indemnify the buyer against all claims of third parties.
        Either party may terminate this Agreement on ninety days' written notice.
        Any dispute shall be settled by arbitration in Geneva.
        The liability of the Company shall not exceed the fees paid.
        Lessee shall return the premises in good repair.""",
    ),
    "enquiries to a law firm": (
        LEGAL,
        """My employer fired me without notice, can I sue for compensation?
        My landlord keeps the deposit after the lease ended, what are my rights
        How do I contest the will of my late father, I am an heir
        We want a divorce but cannot agree on custody of the children
        Somebody uses my trademark in a web shop, do I need a lawyer?
        I was served with a lawsuit by a former partner
        Police want me as a witness, may I refuse testimony?
        Is a contract that I signed at sixteen binding""",
    ),
    "case facts in English": (
        LEGAL,
        """The defendant entered the house at night and took jewels worth nine thousand.
        The accused struck the victim with a bottle during a quarrel outside a bar.
        He sold shares of a firm that did not exist; the court heard nine witnesses.
        The defendant drove with twice the permitted alcohol and hit a parked van.
        She was indicted for forging two signatures on a deed.
        The accused set fire to a shed, and was convicted once before.
        Prosecutors say that he threatened the clerk with a knife and left with the till.
        The defendant kept a stolen bicycle, knowing of the theft.""",
    ),
    "questions of judges": (
        LEGAL,
        """Does the court have jurisdiction over a seller in another state?
        Is the statement hearsay and may the jury hear it
        Was the search lawful without a warrant signed by a judge
        Does the statute apply to acts before its amendment
        May the plaintiff recover damages for distress
        Is the clause severable from the rest of the contract
        Did the respondent waive arbitration by going to trial
        Is the landlord liable for the negligence of the tenant""",
    ),
    "privacy notices": (
        LEGAL,
        """The controller shall erase personal data upon request pursuant to the regulation.
        Each processor shall notify the other party of a breach within a day.
        Data subjects may lodge a complaint with a court of their residence.
        The provisions of this clause survive termination of the agreement.
        Transfers to third countries require a contract under applicable laws.
        Consent may be withdrawn at any time notwithstanding clause 4.
        The statutory period for storage is ten years.
        Sub-processors are liable as the processor itself.""",
    ),
    "notes of a credit officer": (
        CREDIT,
        """Borrower runs a bakery, revenue flat, two instalments late in spring
        Applicant has stable income and a clean credit history, dti 28
        Cash flow thin since the main buyer left, covenant close to breach
        Guarantor owns a flat free of mortgage, repayment so far on time
        Utilization of the credit line above 95 percent for six months
        Refinancing of debt at higher interest rate, leverage rises
        Collateral valued two years ago, ltv now above 90
        Arrears cured in June, borrower restructured its inventory""",
    ),
    "early warnings of a bank": (
        CREDIT,
        """Tax debt reported by the bureau, exposure 2 m, put on the watch list
        Turnover fell by a third and liquidity covers one month
        Audited accounts are late again, risk rating lowered
        Overdue by 45 days, the lender has asked for more collateral
        Receivables grow faster than revenue, working capital tight
        Net worth negative after write off of the subsidiary
        Borrower changed its auditor and its bank in one quarter
        Profit warning of the parent, guarantee in doubt""",
    ),
    "purposes of loans": (
        CREDIT,
        """Loan for a delivery van, income from two jobs, no late payment
        Debt consolidation of three cards, dti 44, score 690
        Working capital for the season, borrower known since 2009
        Loan to repay family, income not verified
        Refinance of a mortgage at a lower interest rate
        Home renovation loan, guarantor is the brother
        Second loan within a year, utilization 88
        Loan for school fees, instalment is 12 percent of income""",
    ),
    "adverse action reasons": (
        CREDIT,
        """Too many credit report inquiries in six months
        Debt to income too high for the amount of the loan
        Delinquency on a mortgage within two years
        Income could not be verified
        Credit history too short
        Collateral not sufficient
        Utilization of revolving credit line too high
        Bankruptcy of the applicant within seven years""",
    ),
    "网店消息": (
        SERVICE,
        """拍错颜色了，能换一件吗
        快递三天没动了，帮我催一下
        优惠券为什么用不了
        什么时候发货
        包裹破了，里面杯子碎了
        我要退款，商品跟图片不一样
        发票抬头写错了能重开吗
        收货地址填错了怎么改""",
    ),
    "短消息": (
        SERVICE,
        """发货了吗
        怎么退货
        有优惠吗，优惠券在哪领
        查快递
        人工客服
        退款没到账
        改地址，收货地址错了
        登录不了""",
    ),
    "手机银行咨询": (
        SERVICE,
        """手机银行登录不上怎么办
        请问转账多久到账
        银行卡丢了怎么挂失
        验证码一直收不到
        我想改预留的电话，要去网点吗
        信用卡账单在哪里看，帮我查一下
        提前还贷款在手机银行怎么操作
        为什么扣了我年费""",
    ),
    "保险咨询": (
        SERVICE,
        """理赔要哪些材料
        保单怎么查
        我想退保，能退多少
        等待期多久
        续保忘了怎么办
        投保后能改受益人吗
        住院押金能先赔吗，理赔多久到账
        保费可以按月交吗""",
    ),
    "对合同的投诉": (
        SERVICE,
        """你们的宽带合同到期了还在扣费，帮我退款
        我要投诉，套餐跟当时说的不一样
        客服说免费，账单却收了话费
        宽带装了两周还没人上门安装，能不能催一下
        合同里写送路由器，我没收到
        请问取消套餐要不要违约金
        流量没用完就停网了，为什么
        我想换套餐，你们一直不给办""",
    ),
    "出行和酒店": (
        SERVICE,
        """机票改签要多少手续费
        酒店几点可以入住
        我的订单显示没出票
        请问可以带宠物吗
        预约的接机没来
        退票的钱多久到账
        房间空调坏了，麻烦派人来修
        发票能开公司的吗""",
    ),
    "合同条款": (
        LEGAL,
        """本合同适用中华人民共和国法律。
        未经甲方书面同意，乙方不得转让本合同项下的权利。
        双方应对在履行中知悉的商业秘密承担保密义务。
        因不可抗力不能履行的，免除相应责任。
        任何一方违约，应向守约方支付合同总价百分之十的违约金。
        争议提交北京仲裁委员会仲裁。
        甲方可提前三十日书面通知乙方解除协议。
        乙方在合作期间不得为第三方提供同类服务。""",
    ),
    "向律师的咨询": (
        LEGAL,
        """公司把我辞退了不给经济补偿，怎么申请劳动仲裁
        离婚后抚养费可以要求增加吗
        借条过了三年还能起诉吗
        房东不退押金，能去法院告他吗
        父亲没留遗嘱，遗产怎么分
        被人打成轻伤，对方不赔偿怎么办
        工伤鉴定下来后单位不认，请问怎么办
        我的商标被别人抢注了""",
    ),
    "案情": (
        LEGAL,
        """被告人张某深夜翻墙进入仓库，窃得电缆若干。
        犯罪嫌疑人李某虚构投资项目，骗取被害人八万元。
        被告人王某酒后驾车被民警查获，血液中酒精含量超标。
        经审理查明，赵某持刀将邻居砍伤，鉴定为轻伤一级。
        被告人钱某多次向他人出售毒品，被当场抓获。
        孙某将代收货款据为己有，案发后自首。
        周某聚众打砸店铺，造成财产损失。
        公诉机关指控，吴某伪造印章签订合同。""",
    ),
    "法律文书类型": (
        LEGAL,
        """原告诉请判令被告支付货款及利息。
        本院经审查认为，申请人的再审申请不成立。
        上诉人不服一审判决，提起上诉。
        双方当事人自愿达成调解协议。
        检察院对犯罪嫌疑人作出不起诉决定。
        申请人请求裁定冻结被申请人财产。
        被告未到庭应诉，视为放弃答辩。
        委托人授权律师代为诉讼。""",
    ),
    "法规条文": (
        LEGAL,
        """当事人订立合同，可以采用书面形式。
        民事主体的合法权利受法律保护。
        用人单位应当依法建立劳动规章，履行义务。
        违反本条例规定的，处以罚款。
        继承从被继承人死亡时开始。
        专利权人有权禁止他人使用，构成侵权的应当赔偿。
        不服处罚的，可以依法提起诉讼。
        法人以其全部财产承担民事责任，法律另有规定的除外。""",
    ),
    "信贷员的记录": (
        CREDIT,
        """借款人经营建材，近半年营业收入下滑，还款来源不足
        申请人征信良好，无逾期，月收入稳定
        抵押物评估两年前做的，价值可能下降
        客户负债率偏高，名下有三笔网贷
        担保人资产充足，愿意追加质押
        贷后检查发现存货积压，应收账款变长
        贷款用途与申报不一致，资金流向房产
        上期欠息已补，五级分类仍为关注""",
    ),
    "贷后预警": (
        CREDIT,
        """企业停产两周，授信敞口三千万
        实际控制人被限制高消费，征信出现逾期
        现金流连续两季为负，短期负债集中到期
        主要客户流失，净利润转亏
        财务报表延迟提交，审计报告有保留意见
        抵押物被查封，代偿风险上升
        贷款展期一次后再次欠息
        关联企业不良贷款增加""",
    ),
    "贷款申请说明": (
        CREDIT,
        """申请贷款装修，月收入一万二，房贷每月四千
        经营周转，银行流水正常，无逾期
        借款人为教师，工作年限十年，负债低
        近半年征信查询次数过多
        担保方式为抵押，房产无按揭
        申请额度偏高，收入证明不足
        有一次三十天内逾期，已还款
        贷款用途为购车，首付三成，月供可承受""",
    ),
    "审批拒绝原因": (
        CREDIT,
        """收入不稳定，还款能力不足
        征信有连续逾期记录
        负债过高，多头借贷
        担保人资质不够
        抵押物不足值
        信用评分低于准入线
        贷款用途不合规
        工作年限太短，收入无法核实""",
    ),
}


def told(path: Path, texts: str, *, header: str = "text,label") -> tuple[str, ...]:
    """The domains that are told from texts, with labels that say nothing."""
    lines = [line.strip() for line in texts.strip().splitlines()]
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = [(line, "abc"[i % 3]) for i, line in enumerate(lines)]
        csv.writer(file).writerows([header.split(","), *rows])
    names = [f"{domain}/any" for domain in ALIKE]
    found = detect_task(open_files([str(path)]), ALIKE, names, named=False)
    return tuple(name.partition("/")[0] for name in found.tasks)


@pytest.mark.parametrize("name", TOLD)
def test_the_domain_of_texts_is_told_by_their_words(name: str, tmp_path: Path) -> None:
    domain, texts = TOLD[name]
    assert told(tmp_path / "records.csv", texts) == (domain,)


def test_records_of_two_domains_are_told_apart_by_nobody(tmp_path: Path) -> None:
    (_, one), (_, other) = TOLD["bank support"], TOLD["contract passages"]
    found = told(tmp_path / "records.csv", f"{one.strip()}\n{other.strip()}")
    assert {*found} == {SERVICE, LEGAL}


def test_short_messages_without_any_known_word_are_of_the_task_to_begin_with(
    tmp_path: Path,
) -> None:
    texts = "\n".join(
        f"{word} of the {word}s" for word in ("moon", "sun", "star", "sea", "sky", "hill")
    )
    assert told(tmp_path / "records.csv", texts) == (SERVICE,)


def test_long_texts_without_any_known_word_are_asked_about(tmp_path: Path) -> None:
    texts = "\n".join(f"{word} " * 120 for word in ("moon", "sun", "star", "sea", "sky", "hill"))
    assert {*told(tmp_path / "records.csv", texts)} == {SERVICE, CREDIT, LEGAL}


def test_a_footer_under_every_text_tells_nothing(tmp_path: Path) -> None:
    footer = " This notice is governed by law. The court shall judge any breach of contract."
    texts = "\n".join(line.strip() + "." + footer for line in TOLD["shop mails"][1].splitlines())
    assert told(tmp_path / "records.csv", texts) == (SERVICE,)


def test_the_names_of_columns_speak_too(tmp_path: Path) -> None:
    texts = "\n".join(
        f"{word} of the {word}s" for word in ("moon", "sun", "star", "sea", "sky", "hill")
    )
    path = tmp_path / "records.csv"
    assert told(path, texts, header="text,clause_type") == (LEGAL,)


def test_rare_words_speak_if_they_are_all_of_one_domain(tmp_path: Path) -> None:
    long = "the day was long and the road went on under a wide and quiet sky " * 8
    texts = "\n".join(f"{long} {'to court' if i % 3 == 0 else 'home'} {i}" for i in range(30))
    assert told(tmp_path / "records.csv", texts) == (LEGAL,)
    mixed = texts.replace("to court 1", "to checkout 1").replace("to court 2", "to checkout 2")
    assert {*told(tmp_path / "records.csv", mixed)} == {SERVICE, CREDIT, LEGAL}
