"""Several processes: a run goes on with as many as it began with, and keeps its rows."""

from __future__ import annotations

from argparse import Namespace

import pytest

from package_name import train
from package_name.config import Config
from package_name.runtime.errors import ProjectError
from package_name.runtime.messages import fill
from package_name.training.processes import (
    divide_among_processes,
    refuse_other_processes,
)
from package_name.training.run_dir import get_run_dir


def test_a_run_goes_on_with_as_many_processes_as_it_began_with(formatted: Config) -> None:
    run = get_run_dir(formatted)
    refuse_other_processes(run.path, run.record(), 2)
    train.main(formatted, Namespace(dry_run=False))
    refuse_other_processes(run.path, run.record(), 1)
    with pytest.raises(ProjectError) as caught:
        refuse_other_processes(run.path, run.record(), 2)
    assert caught.value.message == fill(
        "{run} was started with {before} processes, but would resume with {processes}",
        run=run.path,
        before=1,
        processes=2,
    )


@pytest.mark.parametrize("processes", [1, 2, 4, 8])
def test_processes_share_the_rows_of_an_update(processes: int, config: Config) -> None:
    planned = config.training.model_copy(
        update={"batch_size": 4, "gradient_accumulation_steps": 2, "processes": 2}
    )
    share = divide_among_processes(planned, processes)
    assert share.batch_size * share.gradient_accumulation_steps * processes == 16
    assert share.batch_size <= planned.batch_size
    with pytest.raises(ProjectError):
        divide_among_processes(planned, 3)
