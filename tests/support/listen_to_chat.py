"""Print the questions that the chat of the project `desk` would answer.

python -m support.listen_to_chat [several], where questions may have several lines
"""

from __future__ import annotations

import json
import sys
from importlib import import_module


def main() -> None:
    chat = import_module("desk.chat")
    chat.MULTILINE_INPUT = sys.argv[1:] == ["several"]
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for question in chat.read_questions():
        sys.stdout.write(f"question: {json.dumps(question)}\n")
        sys.stdout.flush()
    sys.stdout.write("the end\n")


if __name__ == "__main__":
    main()
