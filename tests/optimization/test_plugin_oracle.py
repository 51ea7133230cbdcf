"""A user's own oracle in other processes: what it gives, and that no molecule harms it or the others."""

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from molvae.errors import SettingsError
from molvae.optimization.oracle_process import OracleFailedError
from molvae.optimization.oracle_program import read_columns
from molvae.optimization.plugin_oracle import Answers, OracleSettings, PluginOracle
from tests.command_line import interruptible_process

FOLDER = Path(__file__).parent
FILE = "oracle_functions.py"
PROGRAM = f'"{sys.executable}" {FILE}'


def answers(smiles: list[str], columns: list[str], **settings: Any) -> Answers:
    with PluginOracle(OracleSettings(**settings), FOLDER, columns) as oracle:
        return oracle(smiles)


def test_a_function_gives_numbers_or_columns_from_a_file_or_a_module() -> None:
    numbers = answers(["CCO", "C"], ["score"], python=f"{FILE}:lengths")
    assert numbers.columns["score"].tolist() == [3.0, 1.0]
    assert numbers.reasons == ["", ""]
    named = answers(["CCO", "C"], ["carbons"], python="oracle_functions:columns")
    assert {name: column.tolist() for name, column in named.columns.items()} == {
        "carbons": [2.0, 1.0],
        "length": [3.0, 1.0],
    }


def test_a_table_is_columns() -> None:
    found = answers(["CCO", "C"], ["length"], python=f"{FILE}:table")
    assert found.columns["length"].tolist() == [3.0, 1.0]


def test_an_infinite_number_is_no_value() -> None:
    found = answers(["CF", "CC", "CCl"], ["score"], python=f"{FILE}:infinite")
    assert np.isnan(found.columns["score"]).tolist() == [True, False, True]


def test_a_function_and_its_programs_find_nothing_on_standard_input() -> None:
    found = answers(["CC", "CCC"], ["score"], python=f"{FILE}:asks_a_program", timeout=20.0)
    assert found.reasons == ["", ""]
    assert found.columns["score"].tolist() == [0.0, 0.0]


def test_a_program_may_write_molecules_in_its_own_way() -> None:
    text = "smiles,energy\nOCC,-5.5\nC1=CC=CC=C1,-6\n"
    found = read_columns(text, ["c1ccccc1", "CCO", "CC"])["energy"]
    assert found == pytest.approx([-6.0, -5.5, np.nan], nan_ok=True)


def test_a_molecule_that_hangs_crashes_or_raises_has_its_reason_and_spoils_no_other() -> None:
    smiles = ["CC", "CBr", "CCC", "CCl", "CI", "F", "O", "CCCC"]
    found = answers(smiles, ["score"], python=f"{FILE}:troubled", timeout=1.0, batch=4)
    assert found.reasons == [
        "",
        "no answer in 1 s",
        "",
        "ValueError: no chlorine",
        "its process ended with exit code 9",
        "",
        "",
        "",
    ]
    assert np.nan_to_num(found.columns["score"], nan=-1).tolist() == [2, -1, 3, -1, -1, -1, -1, 4]


def test_a_function_that_takes_one_molecule_only_or_leaves_harms_nothing() -> None:
    assert answers(["C", "CC"], ["score"], python=f"{FILE}:only_one").columns["score"].tolist() == [1.0, 1.0]
    with PluginOracle(OracleSettings(python=f"{FILE}:leaves"), FOLDER, ["score"]) as oracle:
        assert oracle(["C", "CC"]).reasons == ["SystemExit: enough"] * 2


def test_an_odd_answer_is_that_molecules_failure_and_text_is_no_value() -> None:
    smiles = ["CCl", "CC", "CBr", "CF", "CCCC"]
    found = answers(smiles, ["score"], python=f"{FILE}:odd", batch=1)
    assert found.reasons == [
        'unknown column "score"; known: none',
        "",
        'unknown column "score"; known: error',
        "",
        "",
    ]
    assert np.nan_to_num(found.columns["score"], nan=-1).tolist() == [-1, 2, -1, -1, 4]


def test_an_oracle_that_is_out_of_order_is_told_of(caplog: pytest.LogCaptureFixture) -> None:
    with PluginOracle(OracleSettings(python=f"{FILE}:leaves", batch=1), FOLDER, ["score"]) as oracle:
        oracle(["C"] * 9)
        assert not caplog.records
        oracle(["C"] * 9)
    assert [record.message for record in caplog.records] == [
        f'the oracle "{FILE}:leaves" has failed on 10 molecules running: SystemExit: enough'
    ]


def test_answers_are_handed_on_as_they_come() -> None:
    settings = OracleSettings(python=f"{FILE}:only_one", batch=3)
    with PluginOracle(settings, FOLDER, ["score"]) as oracle:
        parts = list(oracle.parts(["C", "CC", "CCC", "CCCC"]))
    assert [places for places, _ in parts] == [[0], [1], [2], [3]]
    assert [answered.columns["score"].tolist() for _, answered in parts] == [[1.0]] * 4


def test_a_function_that_can_not_be_loaded_again_is_a_failure_and_no_mistake_of_the_user(
    tmp_path: Path,
) -> None:
    (tmp_path / "once.py").write_text(
        "import os, pathlib\n"
        "if pathlib.Path('loaded').exists(): raise RuntimeError('no license left')\n"
        "pathlib.Path('loaded').touch()\n"
        "def score(smiles):\n"
        "    if 'CI' in smiles: os._exit(3)\n"
        "    return [1.0] * len(smiles)\n"
    )
    with PluginOracle(OracleSettings(python="once.py:score", batch=1), tmp_path, ["score"]) as oracle:
        reasons = oracle(["CC", "CI", "CCC"]).reasons
    assert reasons[:2] == ["", "its process ended with exit code 3"]
    assert reasons[2].endswith("can't be loaded: RuntimeError: no license left")


def test_what_nobody_waits_for_any_more_is_not_asked(tmp_path: Path) -> None:
    (tmp_path / "noting.py").write_text(
        "import time\ndef score(smiles):\n    time.sleep(0.05)\n"
        "    with open('asked', 'a') as file: print(*smiles, file=file)\n    return [1.0] * len(smiles)\n"
    )
    with PluginOracle(OracleSettings(python="noting.py:score", batch=1), tmp_path, ["score"]) as oracle:
        parts = oracle.parts(["C", "CC", "CCC", "CCCC", "CCCCC"])
        assert next(parts)[0] == [0]
        parts.close()  # type: ignore[attr-defined]
        assert oracle(["N"]).reasons == [""]
    asked = (tmp_path / "asked").read_text().split()
    assert asked[0] == "C"
    assert asked[-1] == "N"
    assert len(asked) <= 3, "one was on its way"


def test_a_process_that_never_loads_takes_no_molecules_of_the_others(tmp_path: Path) -> None:
    (tmp_path / "seat.py").write_text(
        "import os, time\nos.open('taken', os.O_CREAT | os.O_EXCL)\n"
        "def score(smiles):\n    time.sleep(0.2)\n    return [1.0] * len(smiles)\n"
    )
    settings = OracleSettings(python="seat.py:score", batch=1, workers=2)
    with (
        pytest.raises(SettingsError, match=r"can't be loaded: FileExistsError"),
        PluginOracle(settings, tmp_path, ["score"]) as oracle,
    ):
        oracle(["C", "CC", "CCC"])


def test_a_program_is_read_by_its_column_of_smiles_or_else_row_by_row() -> None:
    named = answers(["CCO", "CF", "C"], ["length"], command=PROGRAM)
    assert np.nan_to_num(named.columns["length"], nan=-1).tolist() == [3.0, -1.0, 1.0]
    assert np.isnan(named.columns["remark"]).all()
    unnamed = answers(["CCO", "C"], ["length"], command=f"{PROGRAM} unnamed", batch=1)
    assert unnamed.columns["length"].tolist() == [3.0, 1.0]


def test_a_program_that_hangs_or_fails_on_one_molecule_gives_the_others() -> None:
    smiles = ["CC", "CBr", "CCl", "CCC"]
    found = answers(smiles, ["length"], command=f"{PROGRAM} troubled", timeout=2.0)
    assert found.reasons == [
        "",
        "no answer in 2 s",
        "it ended with exit code 1: no license for chlorine",
        "",
    ]
    assert np.nan_to_num(found.columns["length"], nan=-1).tolist() == [2.0, -1.0, -1.0, 3.0]


def test_workers_share_the_molecules_and_keep_their_order() -> None:
    smiles = ["C" * length for length in range(1, 8)]
    found = answers(smiles, ["score"], python=f"{FILE}:lengths", workers=2, batch=2)
    assert found.columns["score"].tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert answers([], ["score"], python=f"{FILE}:lengths").columns["score"].shape == (0,)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX process groups")
def test_what_a_program_has_started_ends_with_it(tmp_path: Path) -> None:
    script, mark = tmp_path / "dock.sh", tmp_path / "mark"
    script.write_text(f'#!/bin/sh\n(sleep 3; touch "{mark}") &\nsleep 60\n', encoding="utf-8")
    script.chmod(0o755)
    with PluginOracle(OracleSettings(command="./dock.sh", timeout=0.5), tmp_path, ["score"]) as oracle:
        begun = time.monotonic()
        assert oracle(["C"]).reasons == ["no answer in 0.5 s"]
        assert time.monotonic() - begun < 3
    time.sleep(3)
    assert not mark.exists()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"python": f"{FILE}:lenghts"}, 'unknown function "lenghts"; did you mean "lengths"?'),
        ({"python": "nowhere.py:f"}, 'the oracle "nowhere.py:f" can\'t be loaded: "nowhere.py" is not there'),
        ({"python": "no_such_module:f"}, "ModuleNotFoundError: No module named 'no_such_module'"),
        ({"python": "oracle_functions"}, '"oracle_functions" names no function; write MODULE:FUNCTION'),
        ({"command": "no-such-program --fast"}, 'the oracle "no-such-program --fast" can\'t be run'),
        (
            {"command": "./no-such.sh"},
            'the oracle "./no-such.sh" can\'t be run; give a program that is there',
        ),
        ({"command": 'dock "a'}, "is no command: No closing quotation"),
        ({"python": f"{FILE}:columns"}, 'unknown column "lenght"; did you mean "length"?'),
    ],
)
def test_an_oracle_that_can_never_answer_is_an_error(settings: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        answers(["C"], ["lenght"], **settings)
    assert message in str(caught.value)


def test_a_module_that_is_never_imported_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("molvae.optimization.oracle_function.START_TIMEOUT", 0.5)
    (tmp_path / "slow.py").write_text("import time\ntime.sleep(60)\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"can't be loaded: no answer in 0\.5 s"):
        PluginOracle(OracleSettings(python="slow.py:f"), tmp_path, ["score"])


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("oracle", [f'python="{FILE}:troubled"', f"command='{PROGRAM} troubled'"])
def test_an_interrupted_search_ends_at_once_with_its_oracle(oracle: str) -> None:
    script = (
        "from pathlib import Path\n"
        "from molvae.optimization.plugin_oracle import OracleSettings, PluginOracle\n"
        f"with PluginOracle(OracleSettings({oracle}), Path({str(FOLDER)!r}), []) as oracle:\n"
        "    print('ready', flush=True)\n"
        "    oracle(['CBr', 'C'])\n"
    )
    command = [sys.executable, "-c", script]
    with interruptible_process(command, stdout=-1, stderr=-1, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        _, complaints = process.communicate(timeout=20)
    assert "KeyboardInterrupt" in complaints
    assert process.returncode != 0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, 'an oracle has python = "" and command = ""; give just one'),
        ({"python": "a:b", "command": "c"}, 'python = "a:b" and command = "c"'),
        ({"python": "a:b", "timeout": 0.0}, 'timeout is "0"; it must be above 0 seconds'),
        ({"python": "a:b", "batch": 0}, 'batch is "0"; it must be at least 1'),
        ({"python": "a:b", "workers": 0}, 'workers is "0"; it must be at least 1'),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        OracleSettings(**settings)
    assert message in str(caught.value)


def test_a_csv_without_a_row_for_each_molecule_is_a_failure() -> None:
    with pytest.raises(OracleFailedError, match="it wrote 1 rows for 2 molecules"):
        read_columns("score\n1\n", ["C", "CC"])
    with pytest.raises(OracleFailedError, match="it wrote 0 rows for 1 molecules"):
        read_columns("", ["C"])
    assert read_columns("score\n1e-3\n", ["C"]) == {"score": [0.001]}


def test_the_worker_says_what_is_wrong_and_ends() -> None:
    command = [sys.executable, "-m", "molvae.optimization.oracle_worker", f"{FOLDER / FILE}:lengths"]
    done = subprocess.run(command, input='["CC"]\n', capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ['{"columns": {}}', '{"columns": {"score": [2.0]}}']
