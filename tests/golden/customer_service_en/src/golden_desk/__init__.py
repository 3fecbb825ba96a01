"""A fine-tuning project: config/run.yaml says what, the modules here say how."""

import signal
import sys

# libraries load for seconds before command.run can answer Ctrl-C; until then it simply ends all
if sys.argv[:1] == ["-m"] and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
