"""Records as a help desk exports them: three labels, fourteen rows each."""

from __future__ import annotations

LABELS = ("refund", "parcel", "login")
WORDS = (
    "please", "today", "again", "still", "never", "really", "quite",
    "maybe", "hello", "urgent", "why", "where", "when", "how",
)  # fmt: skip
RECORDS = "Body,Reason\n" + "".join(
    f"{word} my {label} is late,{label}\n" for label in LABELS for word in WORDS
)
