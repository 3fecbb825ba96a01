"""Records as a help desk exports them: three labels, fourteen rows each."""

from __future__ import annotations

LABELS = ("refund", "parcel", "login")
WORDS = (
    "please", "today", "again", "still", "never", "really", "quite",
    "maybe", "hello", "urgent", "why", "where", "when", "how",
)  # fmt: skip
PLACES = (
    "Aruba", "Basel", "Cadiz", "Dover", "Essen", "Genoa", "Izmir",
    "Jerez", "Malmo", "Osaka", "Paris", "Quito", "Tunis", "Vaduz",
)  # fmt: skip
# no two texts are alike but for a word: such would be near-duplicates
RECORDS = "Body,Reason\n" + "".join(
    f"{word} my {label} for {PLACES[(number + 5 * LABELS.index(label)) % 14]} is late,{label}\n"
    for label in LABELS
    for number, word in enumerate(WORDS)
)
