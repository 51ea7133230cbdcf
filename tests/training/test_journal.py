"""metrics.csv as a run leaves it, and as a resumed one takes it up."""

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
