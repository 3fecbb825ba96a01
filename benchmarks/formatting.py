"""Formatting a million rows: an emitted project against a bare loop and against `datasets`.

Each reads the same short csv rows and writes the same messages, in turns, in processes of their
own. The project's `make data` also normalises the labels, says of every row left out why, finds
what repeats, splits by text and writes the exports; the bare loop of the standard library and
`datasets` (load_dataset, a batched map, to_json) turn columns into messages and no more. Rates
are rows per second of CPU, of all threads together, start included: that is one core's work
wherever it runs. `datasets` is left out where it is not installed.

    pip install datasets
    python benchmarks/formatting.py [--rows 1000000] [--rounds 3]
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import statistics
import tempfile
from importlib.util import find_spec
from pathlib import Path

import child

SYSTEM = "Name the intent of the customer's message."
# label -> what such a message asks
ASKS = {
    "track_order": "where {thing} is, {order}",
    "missing_parcel": "why {thing} never came, {order} says delivered",
    "cancel_order": "to cancel {order}, {thing} is not needed any more",
    "change_address": "to send {order} to our office in {town}",
    "change_date": "to get {thing} a week later, I am in {town} until then",
    "return_item": "to return {thing}, {order}",
    "exchange_item": "another size of {thing}, {order}",
    "refund_status": "when the money for {thing} comes back, {order}",
    "damaged_item": "what to do now that {thing} came broken, {order}",
    "wrong_item": "to swap it, {order} brought {thing} by mistake",
    "payment_failed": "why my card was refused for {thing}",
    "duplicate_charge": "one of two charges back, {order}",
    "coupon_problem": "why the code does not work on {thing}",
    "invoice_request": "an invoice for {order}, to our company in {town}",
    "account_login": "a new password, the old one fails in {town}",
    "close_account": "to close the account after {order}",
    "product_question": "whether {thing} can be washed",
    "stock_question": "whether {thing} is in the shop in {town}",
    "complaint": "to complain about the courier in {town}, {order}",
    "out_of_scope": "how the weather is in {town}",
}
OPENINGS = ("Hello, I want", "hi I'd like", "Good evening! I would like", "Please tell me, I need")
CLOSINGS = ("", "", ", please", ". Thanks!", ". It is urgent", ', "soon" is no answer')
COLOURS = ("blue", "grey", "red", "green", "black", "white", "brown", "yellow")
GOODS = ("lamp", "blanket", "kettle", "chair", "rug", "jacket", "tent", "mirror", "clock", "desk")
TOWNS = ("Leeds", "Lyon", "Porto", "Ghent", "Turin", "Graz", "Bergen", "Tartu", "Malmo", "Basel")
SYLLABLES = ("ka", "lo", "mi", "ren", "sta", "vo", "del", "bru", "ny", "tor", "fen", "gil")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)  # as a child
    options = parser.parse_args()
    if options.side:
        SIDES[options.side]()
        return
    with tempfile.TemporaryDirectory() as scratch:
        compare(Path(scratch), options.rows, options.rounds)


def compare(scratch: Path, rows: int, rounds: int) -> None:
    write_rows(scratch / "rows.csv", rows)
    given = ("--yes", "--domain", "customer_service", "--model", "embedded", "--gpu", "cpu")
    child.run(["-m", "newft", "new", "desk", *given, "--data", "rows.csv"], folder=scratch)
    project = scratch / "desk"
    source = os.pathsep.join(["src", os.environ.get("PYTHONPATH", "")])
    script = str(Path(__file__).resolve())
    known = [side for side in SIDES if side != "datasets" or find_spec(side)]
    costs: dict[str, list[child.Cost]] = {name: [] for name in ("newft", *known)}
    for _ in range(rounds):
        for name in costs:
            if name == "newft":
                cost = child.run(
                    ["-m", "desk.prepare"], folder=project, environment={"PYTHONPATH": source}
                )
            else:
                with tempfile.TemporaryDirectory(dir=scratch) as cache:
                    cost = child.run(
                        [script, "--side", name],
                        folder=scratch,
                        environment={"HF_HOME": cache, "HF_HUB_OFFLINE": "1"},
                    )
            costs[name].append(cost)
    summary = json.loads((project / "data/processed/summary.json").read_text(encoding="utf-8"))
    print(f"{rows:,} rows; newft keeps {summary['kept']}, leaves out {summary['rejects']}")
    for name, runs in costs.items():
        print(line(name, rows, runs, costs["newft"]))


def write_rows(path: Path, count: int) -> None:
    """Messages of about ten words under 20 labels: one in 200 has no label, one in 50 is twice."""
    chance = random.Random(42)
    labels, texts = list(ASKS), list(ASKS.values())
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["ticket_id", "channel", "message", "intent"])
        message, label = "", ""
        for number in range(count):
            if not number or chance.random() >= 0.02:
                which = chance.randrange(len(labels))
                label = labels[which]
                name = "".join(chance.choices(SYLLABLES, k=4)).title()
                asked = texts[which].format(
                    thing=f"the {chance.choice(COLOURS)} {name} {chance.choice(GOODS)}",
                    order=f"order {chance.randrange(10**5, 10**6)} of {name}",
                    town=f"{chance.choice(TOWNS)}-{name}",
                )
                message = f"{chance.choice(OPENINGS)} {asked}{chance.choice(CLOSINGS)}"
            blank = number and chance.random() < 0.005
            channel = chance.choice(("app", "chat", "email"))
            writer.writerow([f"T-{number}", channel, message, "" if blank else label])


def bare_loop() -> None:
    """Columns to messages with the standard library alone."""
    with (
        Path("rows.csv").open(encoding="utf-8", newline="") as rows,
        Path("bare.jsonl").open("w", encoding="utf-8") as lines,
    ):
        for row in csv.DictReader(rows):
            messages = to_messages(row["message"], row["intent"])
            lines.write(json.dumps({"messages": messages}, ensure_ascii=False) + "\n")


def with_datasets() -> None:
    """Columns to messages with `datasets`, in batches, which is its quick way."""
    from datasets import load_dataset

    rows = load_dataset("csv", data_files="rows.csv", split="train")
    messages = rows.map(
        lambda batch: {
            "messages": [
                to_messages(*pair) for pair in zip(batch["message"], batch["intent"], strict=True)
            ]
        },
        batched=True,
        remove_columns=rows.column_names,
    )
    messages.to_json("datasets.jsonl", force_ascii=False)


def to_messages(text: str, label: str | None) -> list[dict[str, str]]:
    return [
        {"role": "system", "content": SYSTEM},
        {"role": "user", "content": text},
        {"role": "assistant", "content": label or ""},
    ]


SIDES = {"bare": bare_loop, "datasets": with_datasets}


def line(name: str, rows: int, runs: list[child.Cost], own: list[child.Cost]) -> str:
    """The lowest, middle and highest rate, the highest memory, and newft's rate against it."""
    rates = [rows / run.seconds for run in runs]
    low, middle, high = min(rates), statistics.median(rates), max(rates)
    peak = max(run.peak for run in runs)
    text = f"{name:<9} {low:9,.0f} {middle:9,.0f} {high:9,.0f} rows/s   {peak:5,.0f} MB"
    if runs is own:
        return text
    ratios = [theirs.seconds / ours.seconds for ours, theirs in zip(own, runs, strict=True)]
    bounds = f"[{min(ratios):.2f}, {max(ratios):.2f}]"
    return f"{text}   newft has {statistics.median(ratios):.2f} {bounds} of its rate"


if __name__ == "__main__":
    main()
