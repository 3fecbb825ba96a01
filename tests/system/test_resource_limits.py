"""Work on untrusted data ends after a while, and the limits end with it."""

from __future__ import annotations

import signal
import sys
import threading

import pytest

from newft.system.resource_limits import LimitExceededError, limit_resources


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no timer of processor time")
def test_endless_work_is_interrupted() -> None:
    with pytest.raises(LimitExceededError), limit_resources(0.05):
        while True:
            try:
                sum(range(1000))
            except Exception:  # what the work itself catches does not keep it alive
                continue
    assert signal.getsignal(signal.SIGVTALRM) is signal.SIG_DFL
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0, 0)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the memory of a process")
def test_too_much_memory_is_refused_and_the_limit_ends() -> None:
    import resource

    before = resource.getrlimit(resource.RLIMIT_AS)
    with pytest.raises(LimitExceededError), limit_resources(5):
        bytearray(1 << 40)
    assert resource.getrlimit(resource.RLIMIT_AS) == before


def test_other_threads_work_without_the_limit_of_time() -> None:
    outcome: list[str] = []

    def work() -> None:
        with limit_resources(0.001):
            outcome.append("done")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert outcome == ["done"]
