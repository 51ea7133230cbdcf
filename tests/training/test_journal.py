"""metrics.csv as a run leaves it, and as a resumed one takes it up."""

import platform
from pathlib import Path

from molvae.training.journal import Journal


def write(folder: Path, first_step: int, steps: list[int]) -> str:
    with Journal(folder, first_step) as journal:
        for step in steps:
            journal.write(step, {"loss": 1 / step, "kl": 2.0})
    return (folder / "metrics.csv").read_text()


def test_a_row_is_a_step_and_its_numbers_below_one_header(tmp_path: Path) -> None:
    assert write(tmp_path, 1, [3, 6]).split() == ["step,loss,kl", "3,0.333333,2", "6,0.166667,2"]


def test_a_resumed_run_keeps_earlier_rows_and_drops_later_and_broken_ones(tmp_path: Path) -> None:
    write(tmp_path, 1, [3, 6, 9])
    with (tmp_path / "metrics.csv").open("a") as file:
        file.write("1")
    assert write(tmp_path, 7, [10]).split() == ["step,loss,kl", "3,0.333333,2", "6,0.166667,2", "10,0.1,2"]


def test_a_run_that_begins_anew_begins_a_new_table(tmp_path: Path) -> None:
    write(tmp_path, 1, [3, 6])
    assert write(tmp_path, 1, [2]).split() == ["step,loss,kl", "2,0.5,2"]


def test_an_empty_table_left_by_a_kill_is_begun_anew(tmp_path: Path) -> None:
    (tmp_path / "metrics.csv").write_text("")
    assert write(tmp_path, 4, [5]).split() == ["step,loss,kl", "5,0.2,2"]


def test_tensorboard_reads_the_events_and_forgets_what_a_resumed_run_writes_again(tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    write(tmp_path, 1, [3, 6, 9])
    write(tmp_path, 7, [10])
    events = EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    assert [(event.step, event.value) for event in events.Scalars("kl")] == [(3, 2.0), (6, 2.0), (10, 2.0)]


def test_no_event_file_is_named_after_the_machine(tmp_path: Path) -> None:
    write(tmp_path, 1, [3])
    names = [path.name for path in (tmp_path / "tensorboard").iterdir()]
    assert names == ["events.out.tfevents.0000000001.molvae"]
    assert platform.node() not in names[0]
