"""Footers, wrappers and salutations do not make different messages near-duplicates."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from newft.emitted.near_duplicates import LabeledTexts, TextIndex

FOOTER_EN = (
    "This message and what is attached to it are for the person named above. If you are not that "
    "person, please tell the sender and delete it. The firm is registered in {place} under number "
    "{number}. It does not answer for viruses or for changes on the way. Think before you print."
)
FOOTER_ZH = (
    "本邮件及其附件仅供上述收件人使用，可能含有保密信息。如您误收本邮件，请立即通知发件人并彻底删除。"
    "{place}分公司，工商注册号{number}。本公司对传输过程中的病毒或改动不承担责任。打印前请考虑环保。"
)
THINGS_EN = ("blender", "carpet", "lantern", "suitcase", "keyboard", "mattress", "teapot", "heater")
PLACES_EN = ("Ghent", "Oslo", "Porto", "Turin", "Brno", "Graz", "Tartu", "Leeds")
ASKED_EN = {
    "refund": "the {thing} from {place} is broken and I want my money back",
    "parcel": "nobody in {place} has seen the {thing} that was sent to me",
    "cancel": "I no longer need the {thing}, stop the order to {place}",
}
THINGS_ZH = ("电饭煲", "地毯", "台灯", "行李箱", "键盘", "床垫", "茶壶", "暖风机")
PLACES_ZH = ("宁波", "成都", "西安", "大连", "厦门", "昆明", "南京", "太原")
ASKED_ZH = {
    "退款": "{place}买的{thing}坏了要求退钱给我",
    "物流": "寄到{place}的{thing}一直没人送来",
    "取消": "不要{thing}了把发往{place}的订单停掉",
}
LANGUAGES = {
    "en": (ASKED_EN, THINGS_EN, PLACES_EN, FOOTER_EN, ("Dear all,\n", "Good morning,\n", "Hi!\n")),
    "zh": (ASKED_ZH, THINGS_ZH, PLACES_ZH, FOOTER_ZH, ("您好！", "客服好，", "亲，")),
}


def make_mails(language: str, end: str, footers: int) -> list[tuple[str, str]]:
    """Every thing with every place in each label, in a wrapper; each department has its footer."""
    asked, things, places, footer, greetings = LANGUAGES[language]
    chance = random.Random(3)
    return [
        (
            chance.choice(greetings)
            + words.format(thing=thing, place=place)
            + end
            + footer.format(place=places[chance.randrange(footers)], number=chance.randrange(99)),
            label,
        )
        for label, words in asked.items()
        for thing in things
        for place in places
    ]


def find_repeats(rows: Sequence[tuple[str, str]], held_out: Sequence[tuple[str, str]]) -> set[int]:
    index = TextIndex(LabeledTexts(*zip(*rows, *held_out, strict=True)))
    pairs = index.find_pairs(range(len(rows)), range(len(rows), len(rows) + len(held_out)))
    return {position for position, _ in pairs}


@pytest.mark.parametrize("footers", [1, 4, 8])
@pytest.mark.parametrize("end", ["\n--\n", " -- ", "\n\n"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_mails_with_the_same_footer_are_told_apart_and_copies_are_found(
    language: str, end: str, footers: int
) -> None:
    mails = make_mails(language, end, footers)
    random.Random(1).shuffle(mails)
    held_out, train = mails[:20], mails[20:]
    bare = [(text[text.find(text.strip()[0]) :].split(end)[0], label) for text, label in mails]
    expected = find_repeats(bare[20:], bare[:20])  # as if there were no footers at all
    found = find_repeats(train, held_out)
    assert len(found) <= len(expected) + 0.05 * len(train)
    copies = [(text.replace(end, f"，谢谢{end}" if language == "zh" else f" now{end}"), label)
              for text, label in held_out]  # fmt: skip
    again = find_repeats([*train, *copies], held_out)
    assert sum(at >= len(train) for at in again) >= 0.85 * len(copies)


def test_tickets_from_a_template_are_told_by_what_was_filled_in() -> None:
    problems = ["the printer on floor two jams", "mail does not open on my phone",
                "I forgot the password of the wiki", "the screen stays black after lunch",
                "no sound in the meeting room"]  # fmt: skip
    rows = [
        (
            f"Ticket opened by web form {number}. Department: {group}. Asset tag: unknown.\n"
            f"Description: {problem} since {day}.\nDo you agree to remote access: yes.",
            "hardware" if at % 2 else "software",
        )
        for at, problem in enumerate(problems)
        for number, (group, day) in enumerate(
            (group, day)
            for group in ("sales", "legal", "payroll")
            for day in ("Monday", "Easter", "noon", "yesterday", "the update")
        )
    ]
    index = TextIndex(LabeledTexts(*zip(*rows, strict=True)))
    every = range(len(rows))
    for at, other in index.find_pairs(every, every):
        assert at // 15 == other // 15  # the same problem


def test_short_texts_that_share_their_words_are_still_compared() -> None:
    words = [*THINGS_EN, *PLACES_EN, "lanterm"]
    rows = [(f"Hello, my {word}", "refund") for word in words]
    index = TextIndex(LabeledTexts(*zip(*rows, strict=True)))
    last = len(rows) - 1
    assert index.find_pairs([last], range(last)) == [(last, words.index("lantern"))]


@pytest.mark.parametrize(
    ("labels", "compare_digits", "repeats"),
    [
        (("hold", "hold"), False, True),
        (("hold", "pay"), False, False),
        (("hold", "hold"), True, False),
    ],
)
def test_other_digits_make_another_text_only_where_they_carry_the_meaning(
    labels: tuple[str, str], compare_digits: bool, repeats: bool
) -> None:
    texts = [
        f"Please check the transfer of {amount} euros from the savings account of my mother in "
        "Lisbon to the shop that sold her the piano last summer" for amount in (120, 98000)
    ]  # fmt: skip
    index = TextIndex(LabeledTexts(texts, labels, compare_digits))
    assert bool(index.find_pairs([0], [1])) == repeats
