"""The command line: the right command, one line for an error, the right exit code."""

import argparse
import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from molvae import cli
from molvae.errors import InputError
from molvae.progress import progress


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[argparse.Namespace], None]], None]:
    """Puts a command "try" with a flag --kl-weight in the table; what it does is given."""

    def install(run: Callable[[argparse.Namespace], None]) -> None:
        module = ModuleType("molvae.commands.try_it", "Try something.\n\nDetails.")
        module.add_arguments = lambda parser: parser.add_argument("--kl-weight", type=float)  # type: ignore[attr-defined]
        module.run = run  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, module.__name__, module)
        monkeypatch.setitem(cli.COMMANDS, "try", cli.Command("try something", module.__name__))

    return install


def raising(error: BaseException) -> Callable[[argparse.Namespace], None]:
    def run(arguments: argparse.Namespace) -> None:
        raise error

    return run


def in_a_shell(*arguments: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "molvae", *arguments], capture_output=True, text=True, cwd=cwd, check=False
    )


def test_the_help_names_every_command_and_what_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    for argv in ([], ["--help"], ["-h"]):
        assert cli.main(argv) == 0
        shown = capsys.readouterr().out
        for name, command in cli.COMMANDS.items():
            assert f"  {name:<12} {command.help}\n" in shown


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("molvae 0")


def test_the_help_of_a_command_is_its_own(
    command: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    command(raising(AssertionError("--help must not run it")))
    assert cli.main(["try", "--help"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("usage: molvae try [-h] [--kl-weight KL_WEIGHT]\n\nTry something.\n")
    assert "Details" not in shown


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["tryy"], 'molvae: error: unknown command "tryy"; did you mean "try"?'),
        (["zzz"], 'molvae: error: unknown command "zzz"; known: quickstart, data, '),
        (["--kl-weight", "1"], 'molvae: error: unknown flag "--kl-weight"; '),
        (
            ["try", "--kl-wieght", "1"],
            'molvae try: error: unknown flag "--kl-wieght"; did you mean "--kl-weight"?',
        ),
        (
            ["try", "--kl-wieght=1"],
            'molvae try: error: unknown flag "--kl-wieght=1"; did you mean "--kl-weight"?',
        ),
        (["try", "--kl", "1"], 'molvae try: error: unknown flag "--kl"; '),
        (["try", "file.csv"], 'molvae try: error: one argument too many: "file.csv"; see molvae try --help'),
        (["try", "--kl-weight", "x"], "molvae try: error: argument --kl-weight: invalid float value: 'x'"),
        (["try", "--quiet", "--verbose"], "argument --verbose: not allowed with argument --quiet"),
        (["data"], "molvae data: error: the following arguments are required: list | fetch"),
    ],
)
def test_wrong_usage_is_exit_code_two_with_advice(
    argv: list[str], message: str, command: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    command(raising(AssertionError("it must not run")))
    assert cli.main(argv) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (InputError('no column "smile"\nin "a.csv"'), 'molvae: error: no column "smile" in "a.csv"'),
        (OSError(errno.ENOSPC, "No space left on device"), "molvae: error: No space left on device"),
        (
            PermissionError(errno.EACCES, "Permission denied", "a.csv"),
            'molvae: error: Permission denied: "a.csv"',
        ),
        (OSError(), "molvae: error: OSError"),
    ],
)
def test_an_error_is_one_line_and_exit_code_one(
    error: Exception, line: str, command: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    command(raising(error))
    assert cli.main(["try"]) == 1
    captured = capsys.readouterr()
    assert captured.err == line + "\n"
    assert captured.out == ""


def test_debug_shows_the_traceback_of_an_error(
    command: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    command(raising(InputError("broken")))
    assert cli.main(["try", "--debug"]) == 1
    shown = capsys.readouterr().err
    assert shown.startswith("Traceback")
    assert "molvae.errors.InputError: broken" in shown


def test_a_mistake_in_molvae_itself_is_not_hidden(command: Callable[..., None]) -> None:
    command(raising(ZeroDivisionError("a bug")))
    with pytest.raises(ZeroDivisionError):
        cli.main(["try"])


def test_an_interrupt_is_exit_code_130(
    command: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    command(raising(KeyboardInterrupt()))
    assert cli.main(["try"]) == 130
    assert capsys.readouterr().err == "molvae: interrupted\n"


@pytest.mark.skipif(sys.platform == "win32", reason="pipes break differently there")
def test_output_that_nobody_reads_any_more_ends_the_program_without_a_complaint(tmp_path: Path) -> None:
    code = "import sys; from molvae.cli import main; sys.exit(main(['data', 'list']))"
    reading, writing = os.pipe()
    os.close(reading)
    result = subprocess.run(
        [sys.executable, "-c", code], stdout=writing, stderr=subprocess.PIPE, cwd=tmp_path, check=False
    )
    os.close(writing)
    assert result.stderr == b""
    assert result.returncode == 141


def test_the_settings_file_gives_a_command_its_table(command: Callable[..., None], tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    path.write_text("[data]\n[try]\nkl_weight = 0.5\n", encoding="utf-8")
    seen: list[argparse.Namespace] = []
    command(seen.append)
    assert cli.main(["try", "--config", str(path), "--kl-weight", "2"]) == 0
    assert cli.main(["--config", str(path), "try"]) == 0
    assert cli.main(["try"]) == 0
    assert [arguments.table for arguments in seen] == [{"kl_weight": 0.5}, {"kl_weight": 0.5}, {}]
    assert seen[0].table_where == f'"{path}", table [try]'
    assert [arguments.kl_weight for arguments in seen] == [2.0, None, None]


def test_a_settings_file_that_is_not_there_is_an_error_of_one_line(
    command: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    command(raising(AssertionError("it must not run")))
    assert cli.main(["try", "--config", "no.toml"]) == 1
    expected = 'molvae: error: settings file "no.toml" is not there; give the path of a TOML file\n'
    assert capsys.readouterr().err == expected


@pytest.mark.parametrize(
    ("flags", "expected"), [([], "hello\n"), (["--quiet"], ""), (["--verbose"], "molvae.x: hello\n")]
)
def test_quiet_and_verbose_say_how_much_is_logged(
    flags: list[str], expected: str, command: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    def run(arguments: argparse.Namespace) -> None:
        import logging

        logging.getLogger("molvae.x").info("hello")
        list(progress([1]))

    command(run)
    assert cli.main(["try", *flags]) == 0
    assert capsys.readouterr().err == expected


def test_the_data_sets_are_listed_with_their_state_and_place(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["data", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    names = [line.split()[0] for line in lines[::2]]
    assert names == ["moses_10k", "moses", "moleculeace", "zinc250k"]
    assert all("not fetched" in line for line in lines[2::2])
    assert Path(lines[1].strip()).is_file()


def test_a_data_set_that_does_not_exist_is_refused_with_the_nearest_one(tmp_path: Path) -> None:
    result = in_a_shell("data", "fetch", "zinc25k", cwd=tmp_path)
    assert result.returncode == 1
    assert result.stderr == 'molvae: error: unknown data source "zinc25k": did you mean "zinc250k"?\n'


def test_a_copy_that_is_not_the_data_set_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.smi").write_text("CCO\n", encoding="utf-8")
    result = in_a_shell("data", "fetch", "zinc250k", "--copy", "mine.smi", "--quiet", cwd=tmp_path)
    assert result.returncode == 1
    assert result.stderr.startswith('molvae: error: "mine.smi" is not what was published: its SHA-256 is "')
    assert result.stderr.count("\n") == 1


def test_a_table_is_curated_with_the_settings_of_file_and_flags(
    tmp_path: Path, drug_smiles: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "drugs.csv"
    table.write_text("\n".join(["structure", *drug_smiles, "not a molecule"]) + "\n", encoding="utf-8")
    config = tmp_path / "run.toml"
    config.write_text('[prepare]\nsmiles_column = "structure"\nmax_symbols = 5\n', encoding="utf-8")
    argv = [
        "prepare",
        str(table),
        "--config",
        str(config),
        "--max-symbols",
        "100",
        "--num-workers",
        "0",
        "--quiet",
    ]
    assert cli.main(argv) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == 'SMILES column "structure", 41 rows: 40 kept, 1 dropped'
    assert lines[1] == "  unparseable: 1"
    assert Path(lines[-1].removeprefix("ledger: ")).is_file()
