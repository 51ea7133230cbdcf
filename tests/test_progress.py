"""Progress: a bar in a terminal, lines elsewhere, nothing when quiet."""

import io
import logging
import sys

import pytest

from molvae.progress import LineHandler, Progress, progress


class Terminal(io.StringIO):
    """A stderr that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time that the module sees, in seconds; a test moves it."""
    now = [0.0]
    monkeypatch.setattr("molvae.progress.time.monotonic", lambda: now[0])
    return now


def test_where_there_is_no_terminal_a_line_comes_every_fifteen_seconds(
    clock: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "molvae")
    with Progress(total=100, label="training") as bar:
        for second in (1, 14, 16, 20, 32):
            clock[0] = second
            bar.update(10, loss=20.5 - second)
        clock[0] = 40
        bar.update(50, loss=1)
    assert caplog.messages == [
        "training: 30/100 (30%), 1.88/s, 0:00:37 left, loss 4.5",
        "training: 50/100 (50%), 1.56/s, 0:00:32 left, loss -11.5",
        "training: 100/100 (100%), 2.5/s, loss 1",
    ]


def test_a_job_of_a_few_seconds_logs_nothing(clock: list[float], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "molvae")
    for _ in progress(range(10), label="short"):
        clock[0] += 1
    assert caplog.messages == []


def test_a_job_of_unknown_length_counts_what_is_done(
    clock: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "molvae")
    for _ in progress(iter("abc"), label="reading"):
        clock[0] += 20
    assert caplog.messages[0] == "reading: 1, 0.05/s"


def test_in_a_terminal_a_bar_shows_label_total_and_facts(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "molvae")
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    with Progress(total=4, label="training") as bar:
        bar.update(4, kl=65.4321, state="ok")
    shown = terminal.getvalue()
    assert "training" in shown
    assert "4/4" in shown
    assert "kl=65.43, state=ok" in shown


def test_a_quiet_program_shows_nothing_in_a_terminal_either(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "molvae")
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    assert list(progress([1, 2, 3])) == [1, 2, 3]
    assert terminal.getvalue() == ""


def test_log_lines_go_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    handler = LineHandler()
    handler.emit(logging.makeLogRecord({"msg": "kept %d", "args": (3,)}))
    captured = capsys.readouterr()
    assert captured.err == "kept 3\n"
    assert captured.out == ""
