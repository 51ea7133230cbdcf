"""molvae benchmark."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import psutil
import pytest

from molvae.optimization.pmo_objectives import PMO_SCORES
from tests.command_line import RunMolvae, interruptible_process
from tests.conftest import DRUGS


def corpus(folder: Path) -> Path:
    """A file of forty molecules."""
    path = folder / "corpus.smi"
    path.write_text("".join(f"{smiles}\n" for smiles in DRUGS.values()), encoding="utf-8")
    return path


def test_the_table_has_a_row_a_task_and_the_sum(molvae_command: RunMolvae, tmp_path: Path) -> None:
    out = tmp_path / "pmo"
    argv = [
        "benchmark",
        "pmo",
        "--corpus",
        corpus(tmp_path),
        "--budget",
        20,
        "--num-workers",
        0,
        "--out",
        out,
    ]
    argv += ["--optimizer", "random-corpus", "--task", "qed", "--task", "median1", "--seed", 0, "--seed", 1]
    outcome = molvae_command(*argv)
    assert outcome.code == 0
    title, header, *rows, last = outcome.out.splitlines()
    assert title == "AUC top-10 at 20 calls, seeds 0, 1"
    assert header.split() == ["task", "random-corpus"]
    assert [row.rsplit(maxsplit=1)[0] for row in rows] == [
        "qed",
        "median1",
        "sum",
        "sum, stereo variants once",
    ]
    runs = pd.read_csv(out / "runs.csv")
    assert len(runs) == 4
    assert rows[0].split()[-1] == f"{runs['auc'][:2].mean():.3f}"
    assert last == f"runs: {out / 'runs.csv'}"
    assert molvae_command(*argv).code == 1
    assert molvae_command(*argv, "--resume").out == outcome.out


def test_without_a_corpus_zinc250k_has_to_be_fetched(molvae_command: RunMolvae, tmp_path: Path) -> None:
    outcome = molvae_command("benchmark", "pmo", "--out", tmp_path / "pmo")
    assert outcome.code == 1
    assert "run `molvae data fetch zinc250k`" in outcome.err


def test_an_unknown_task_is_told_before_anything_is_made(molvae_command: RunMolvae, tmp_path: Path) -> None:
    out = tmp_path / "pmo"
    outcome = molvae_command("benchmark", "pmo", "--corpus", corpus(tmp_path), "--task", "jnk3", "--out", out)
    assert outcome.code == 1
    assert 'there is no PMO task "jnk3": choose of albuterol_similarity, ' in outcome.err
    assert not out.exists()


def test_the_mended_tasks_are_asked_for_together(molvae_command: RunMolvae, tmp_path: Path) -> None:
    argv = [
        "benchmark",
        "pmo",
        "--corpus",
        corpus(tmp_path),
        "--optimizer",
        "random-corpus",
        "--num-workers",
        0,
    ]
    outcome = molvae_command(*argv, "--mended", "--budget", 2, "--out", tmp_path / "pmo")
    assert set(pd.read_csv(tmp_path / "pmo" / "runs.csv")["task"]) == set(PMO_SCORES)
    assert "REINVENT" not in outcome.out, "what was published is of 10,000 calls"
    refused = molvae_command(*argv, "--mended", "--task", "qed", "--out", tmp_path / "other")
    assert "--mended is a list of tasks, and so is --task qed: give one" in refused.err
    refused = molvae_command("benchmark", "improvement", "--mended", "--out", tmp_path / "other")
    assert "--mended is for pmo" in refused.err


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL])
def test_a_benchmark_that_is_stopped_leaves_no_process_and_keeps_every_call(
    sent: signal.Signals, molvae_command: RunMolvae, tmp_path: Path
) -> None:
    out = tmp_path / "pmo"
    argv = ["benchmark", "pmo", "--corpus", corpus(tmp_path), "--optimizer", "graph-ga", "--task", "qed"]
    argv += ["--budget", 100_000, "--num-workers", 1, "--out", out]
    ledger = out / "graph-ga" / "qed-0.csv"
    command = [sys.executable, "-m", "molvae", *map(str, argv)]
    with interruptible_process(command, cwd=tmp_path, stderr=subprocess.PIPE) as process:
        deadline = time.monotonic() + 120
        while not ledger.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.1)
        workers = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(sent)
        assert process.wait(timeout=60) == (130 if sent == signal.SIGINT else -signal.SIGKILL)
    assert workers
    assert psutil.wait_procs(workers, timeout=60)[1] == []
    assert len(pd.read_csv(ledger)) >= len(DRUGS)
    assert not ledger.with_suffix(".json").exists()
