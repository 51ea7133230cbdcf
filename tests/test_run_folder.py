"""The folder of a run: who may go on in it, and with what."""

import subprocess
import sys
from pathlib import Path

import pytest

from molvae.errors import InputError, OutputExistsError, SettingsError
from molvae.run_folder import claim_folder, read_record, record_run

SETTINGS = {"patience": 500, "lessons": 1.0}
RECORD = {"patience": 5, "settings": SETTINGS, "starts": ["C"]}


def go_on(out: Path, *may_change: str, **changes: object) -> None:
    record_run(out, RECORD | changes, may_change=may_change, resume=True, overwrite=False)


def test_an_entry_of_a_table_is_not_the_one_outside_of_it(tmp_path: Path) -> None:
    out, other = tmp_path / "run", SETTINGS | {"patience": 20}
    go_on(out)
    go_on(out, "patience", patience=9)
    with pytest.raises(SettingsError, match=r'had another patience \("500", now "20"\)'):
        go_on(out, "patience", settings=other)
    go_on(out, "settings.patience", "patience", settings=other)
    go_on(out, "settings", "patience", settings={"patience": 1, "lessons": 0.0})


def test_overwriting_goes_before_going_on(tmp_path: Path) -> None:
    out = tmp_path / "run"
    go_on(out)
    (out / "result.csv").touch()
    record_run(out, RECORD | {"patience": 6}, may_change=(), resume=True, overwrite=True)
    assert not (out / "result.csv").exists()
    assert read_record(out) == RECORD | {"patience": 6}


@pytest.mark.parametrize("text", ["[]", "{", ""])
def test_a_record_that_is_none_is_told_so(text: str, tmp_path: Path) -> None:
    go_on(tmp_path)
    (tmp_path / "run.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r'run.json" is damaged: start again with --overwrite'):
        go_on(tmp_path)


def test_a_table_that_was_none_before_is_another(tmp_path: Path) -> None:
    go_on(tmp_path / "run", settings=None)
    with pytest.raises(SettingsError, match=r'had another patience \("None", now "500"\)'):
        go_on(tmp_path / "run")


def test_what_a_run_was_made_without_is_told_apart_from_what_it_had(tmp_path: Path) -> None:
    go_on(tmp_path / "run")
    with pytest.raises(SettingsError, match=r'made without fresh, now "1"; leave that out to resume it, or'):
        go_on(tmp_path / "run", settings=SETTINGS | {"fresh": 1})
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "model.txt").touch()
    with pytest.raises(OutputExistsError, match=r'old" holds no run that could be gone on with'):
        go_on(tmp_path / "old")


@pytest.mark.skipif(sys.platform == "win32", reason="folders are kept for one process on POSIX alone")
@pytest.mark.parametrize("how", ["resume", "overwrite"])
def test_a_folder_that_another_process_works_in_is_left_alone_until_it_ends(how: str, tmp_path: Path) -> None:
    out = tmp_path / "run"
    work = (
        "import sys; from pathlib import Path; from molvae.run_folder import claim_folder\n"
        "with claim_folder(Path(sys.argv[1]), {'seed': 0}, may_change=(), resume=False, overwrite=False):\n"
        "    print('at work', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", work, str(out)]
    asked = {"resume": how == "resume", "overwrite": how == "overwrite"}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"at work\n"
        claim = claim_folder(out, {"seed": 0}, may_change=(), **asked)
        with (
            pytest.raises(OutputExistsError, match=r'another process works in ".*run": wait until it'),
            claim,
        ):
            pass
        process.kill()
    for _ in range(2):
        with claim_folder(out, {"seed": 0}, may_change=(), **asked):
            assert (out / "run.json").is_file()
