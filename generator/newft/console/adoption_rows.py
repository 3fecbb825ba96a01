"""The lines and the JSON of `newft adopt`."""

from __future__ import annotations

import math

from newft.answers.keys import FILES_KEY
from newft.console.json_output import Json
from newft.i18n import Messages
from newft.schema.adoption import AdoptedAnswer, AdoptionReport

MAX_PATHS_SHOWN = 10


def build_answer_rows(report: AdoptionReport, messages: Messages) -> list[tuple[str, str]]:
    """Return each answer with the way in which it was found."""
    return [
        (
            one.key,
            messages("adopt.answer", value=_format(one, messages), why=_explain(one, messages)),
        )
        for one in report.answers
    ]


def build_file_rows(report: AdoptionReport, messages: Messages) -> list[tuple[str, str]]:
    """Return how many files are as rendered, edited and missing, and the names of the latter."""
    missing = "adopt.deleted" if report.recognized else "adopt.left_out"
    rows = [
        (messages("adopt.snapshot"), messages("adopt.former") if report.former else ""),
        (messages("adopt.same"), str(len(report.same))),
        (messages("adopt.edited"), _list_paths(report.edited, messages)),
        (messages(missing), _list_paths(report.missing, messages)),
        (messages("adopt.own"), _list_paths(report.own, messages)),
        (messages("adopt.share"), _format_share(report.share)),
    ]
    return [(title, text) for title, text in rows if text]


def adoption_to_json(report: AdoptionReport) -> Json:
    """Return the JSON object of an adoption."""
    return {
        "answers": {
            one.key: {
                "value": one.value,
                "origin": one.origin,
                "source": one.source,
                "share": one.share,
                "next_share": one.next_share,
            }
            for one in report.answers
        },
        "snapshot": "kept" if report.former else "rendered",
        "share": report.share,
        "same": list(report.same),
        "edited": list(report.edited),
        "missing": list(report.missing),
        "own": list(report.own),
        "missing_are": "deleted" if report.recognized else "left out",
    }


def _explain(answer: AdoptedAnswer, messages: Messages) -> str:
    if answer.origin == "compared" and answer.share is not None:
        if answer.next_share is None:
            return messages("adopt.only", share=_format_share(answer.share))
        shares = {"share": _format_share(answer.share), "next": _format_share(answer.next_share)}
        return messages("adopt.compared", **shares)
    return answer.source or messages(f"adopt.{answer.origin}")


def _format(answer: AdoptedAnswer, messages: Messages) -> str:
    if answer.key == FILES_KEY and not answer.value:
        return messages("adopt.sample")
    return answer.value if isinstance(answer.value, str) else messages.join(answer.value)


def _format_share(share: float) -> str:
    """Format a share in percent, rounded down: 100 % means that all lines are equal."""
    return f"{math.floor(share * 100)}%"


def _list_paths(paths: tuple[str, ...], messages: Messages) -> str:
    if not paths:
        return ""
    shown = messages.join(paths[:MAX_PATHS_SHOWN])
    more = len(paths) - MAX_PATHS_SHOWN
    rest = messages("adopt.more", count=more) if more > 0 else ""
    return messages("data.count", count=len(paths), names=shown) + rest
