"""A fine-tuning project: config/run.yaml says what, the modules here say how."""

import os
import signal
import sys

if sys.argv[:1] == ["-m"]:  # a command of this project is starting
    # libraries load for seconds before run_command can handle Ctrl-C: until then it ends all
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    # a stream that was closed (>&-) gets a place to go: else the next file takes its number
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            nowhere = os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, os.fdopen(nowhere, mode, encoding="utf-8"))
