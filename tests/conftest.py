"""What holds for every test."""

import gc
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from support.checkout import REPOSITORY

# a busy machine is no fault of what is tested
settings.register_profile("any pace", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any pace")
# `make test` tries the same examples each time, so that a change has the same result on every
# machine; `make quick` and `make matrix` try new ones
settings.register_profile("same examples", settings.get_profile("any pace"), derandomize=True)

# a shell's background job ignores Ctrl-C, and so would every process that a test starts
signal.signal(signal.SIGINT, signal.default_int_handler)

collect_ignore = ["golden", "cases/kits"]  # a project's own tests run in the project


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Look for no garbage among what is collected, which stays to the end: it takes seconds."""
    gc.disable()
    yield
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the checkout."""
    return REPOSITORY
