"""Worker processes: the same answers in order, crashes that harm no other, and none left behind."""

import contextlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from molvae.chem.notation import constraints_in_force, set_constraints
from molvae.chem.properties import compute_properties
from molvae.chem.traits import traits_of_each
from molvae.data import workers
from molvae.data.screening import CurationSettings, Screened, screen_texts
from molvae.data.workers import TaskName, WorkerPool, decode_selfies
from molvae.errors import MolvaeError, SettingsError

CASES: list[tuple[TaskName, str, str, tuple[Any, ...], Any]] = [
    ("screen", "OCC", "bad", (CurationSettings(),), Screened("unparseable", "RDKit crashed on it")),
    ("decode", "[O][C][C]", "[nonsense]", (), ""),
    (
        "properties",
        "CCO",
        "bad",
        (["num_heavy_atoms", "num_rings"],),
        pytest.approx([float("nan")] * 2, nan_ok=True),
    ),
    ("canonical", "[C][C][O]", "[C][F][C]", (), ("", "")),
    ("writings", "CCO", "bad", (2,), []),
    ("canonicalize", "OCC", "bad", (), ""),
    ("traits", "OCC", "bad", (["num_rings"],), None),
    ("filters", "OCC", "bad", (), False),
]


def running_workers() -> list[psutil.Process]:
    return [p for p in psutil.Process().children() if "molvae.data.workers" in " ".join(p.cmdline())]


@pytest.mark.parametrize(("task", "good", "bad", "arguments", "_crashed"), CASES)
def test_workers_return_what_one_process_returns_in_order(
    task: TaskName, good: str, bad: str, arguments: tuple[Any, ...], _crashed: Any
) -> None:
    chunks = [[good] * (n % 4) + ([] if task == "properties" else [bad]) for n in range(12)]
    with WorkerPool(2) as pool, WorkerPool(0) as none:
        assert len(running_workers()) == 2
        found = list(pool.stream(task, chunks, *arguments))
        assert found == list(none.stream(task, chunks, *arguments))
    assert [len(chunk) for chunk in found] == [len(chunk) for chunk in chunks]
    assert running_workers() == []


def test_each_task_does_what_its_name_says() -> None:
    settings = CurationSettings()
    with WorkerPool(1) as pool:
        assert list(pool.stream("screen", [["OCC", "C1CC"]], settings)) == [
            screen_texts(["OCC", "C1CC"], settings)
        ]
        assert list(pool.stream("decode", [["[O][C][C]", "[nonsense]", ""]])) == [["CCO", "", ""]]
        (rows,) = pool.stream("properties", [["c1ccccc1", "C1CC"]], ["num_heavy_atoms", "num_rings"])
    assert rows[0] == compute_properties(["c1ccccc1"], ["num_heavy_atoms", "num_rings"])[0].tolist() == [6, 1]
    assert np.isnan(rows[1]).all()
    with WorkerPool(1) as pool:
        assert list(pool.stream("canonicalize", [["OCC", "C1CC"]])) == [["CCO", ""]]
        assert list(pool.stream("filters", [["CCO", "CC=O", "C1CC"]])) == [[True, False, False]]
        texts = ["OCC", "C1CC"]
        assert list(pool.stream("traits", [texts], ["logP"])) == [traits_of_each(texts, ["logP"])]


@pytest.mark.parametrize(("task", "good", "_bad", "arguments", "crashed"), CASES)
def test_an_item_that_crashes_a_worker_gets_the_value_for_that_and_harms_no_other(
    task: TaskName,
    good: str,
    _bad: str,
    arguments: tuple[Any, ...],
    crashed: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "crashing.py").write_text(
        "import os\n"
        "from molvae.data import workers\n"
        "def crashing(function):\n"
        "    def run(chunk, *arguments):\n"
        "        if 'crash' in chunk:\n"
        "            os._exit(11)\n"
        "        return function(chunk, *arguments)\n"
        "    return run\n"
        "for name, task in workers.TASKS.items():\n"
        "    workers.TASKS[name] = task._replace(function=crashing(task.function))\n"
        "workers.main()\n"
    )
    monkeypatch.setattr(workers, "WORKER_COMMAND", (sys.executable, str(tmp_path / "crashing.py")))
    with WorkerPool(1) as pool:
        (expected,), (first, found, last) = (
            workers.TASKS[task].function([good], *arguments),
            [rows for chunk in pool.stream(task, [[good, "crash"], [good]], *arguments) for rows in chunk],
        )
    assert (first, last) == (expected, expected)
    assert found == crashed


def test_workers_that_never_start_are_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "WORKER_COMMAND", (sys.executable, "-c", "pass"))
    with (
        WorkerPool(1) as pool,
        pytest.raises(MolvaeError, match="the worker processes don't start; ask for 0 of them"),
    ):
        list(pool.stream("decode", [["[C]"]]))


def test_an_error_of_a_task_arrives_as_it_was_raised() -> None:
    with (
        WorkerPool(1) as pool,
        pytest.raises(SettingsError, match='unknown property "loqP": did you mean "logP"'),
    ):
        list(pool.stream("properties", [["C"]], ["loqP"]))


def test_a_negative_number_of_workers_is_refused() -> None:
    with pytest.raises(SettingsError, match='num_workers is "-1"; it must be 0 or more'):
        WorkerPool(-1)


def test_chunks_are_read_ahead_by_a_few_only() -> None:
    read = []

    def chunks() -> Any:
        for number in range(100):
            read.append(number)
            yield ["[C]"]

    with WorkerPool(1) as pool:
        stream = pool.stream("decode", chunks())
        assert next(stream) == ["C"]
        assert len(read) <= 4
        assert len(list(stream)) == 99


def test_a_script_without_a_main_guard_uses_workers(tmp_path: Path) -> None:
    (tmp_path / "plain.py").write_text(
        "from molvae.data.screening import CurationSettings\n"
        "from molvae.data.workers import WorkerPool\n"
        "with WorkerPool(1) as pool:\n"
        "    print([row.smiles for row in next(pool.stream('screen', [['OCC']], CurationSettings()))])\n"
        "    print(*pool.stream('decode', [['[O][C][C]']]))\n"
        "    print(*pool.stream('properties', [['OCC']], ['num_heavy_atoms']))\n"
    )
    done = subprocess.run(
        [sys.executable, str(tmp_path / "plain.py")], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == ["['CCO']", "['CCO']", "[[3.0]]"]


def test_a_worker_ends_when_its_parent_is_killed() -> None:
    code = (
        "import os, signal\n"
        "from molvae.data.workers import WorkerPool\n"
        "pool = WorkerPool(1)\n"
        "list(pool.stream('decode', [['[C]']]))\n"
        "print(pool._workers[0]._process.pid, flush=True)\n"
        "os._exit(9)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 9
    with contextlib.suppress(psutil.NoSuchProcess):  # it was quicker
        psutil.Process(int(done.stdout)).wait(timeout=10)


def test_a_worker_loads_no_torch_and_no_tables() -> None:
    code = (
        "import sys, molvae.data.workers\n"
        "print([m for m in ('torch', 'pandas', 'pyarrow') if m in sys.modules])"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(workers.__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_workers_decode_under_the_constraints_in_force() -> None:
    default = constraints_in_force()
    texts = ["[C][=O][C]", "[N][=C][Branch1][C][C][F]"]
    try:
        set_constraints(default | {"C": 2})
        with WorkerPool(1) as pool:
            (inside,) = pool.stream("decode", [texts])
        assert inside == decode_selfies(texts)
    finally:
        set_constraints(default)
    assert inside != decode_selfies(texts)
