"""README.md does what it says: its commands run in their order, then its Python, on a small table."""

import re
import shlex
from pathlib import Path

import pandas as pd
import pytest

from molvae.training import gaussian_teacher
from tests.command_line import RunMolvae
from tests.conftest import REPOSITORY

#: Tested by themselves: what takes minutes, and what needs the network.
ELSEWHERE = ("quickstart", "compare", "data")
#: What keeps a command of the README short here; of two values of a flag the last one counts.
SHORTER = {
    "train": "--max-steps 20",
    "fit-prior": "--steps 5",
    "sample": "-n 50",
    "optimize": "--budget 20",
    "suggest": "-n 4 --candidates 10",
}
SMALLER = "--encoder-dim 64 --decoder-dim 64 --head-dim 32"


def readme() -> str:
    return (REPOSITORY / "README.md").read_text(encoding="utf-8")


def five_minutes() -> str:
    """The text of the section that goes from a table to new molecules."""
    (section,) = re.findall(r"^## Five minutes\n(.*?)^## ", readme(), re.MULTILINE | re.DOTALL)
    return str(section)


def commands(text: str) -> list[list[str]]:
    """The arguments of each `molvae` command that stands alone in an indented line, or in several."""
    lines = re.sub(r"\\\n", " ", text).splitlines()
    return [shlex.split(line)[1:] for line in lines if line.startswith("    molvae ")]


def _overridden(arguments: list[str], more: list[str]) -> list[str]:
    """The arguments with more flags, each `--flag value`, in the place of those of the same name."""
    for flag in more[::2]:
        if flag in arguments:
            place = arguments.index(flag)
            arguments = arguments[:place] + arguments[place + 2 :]
    return arguments + more


def test_the_commands_of_the_readme_run_and_then_its_python(
    molvae_command: RunMolvae, tiny_csv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    section = five_minutes()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(gaussian_teacher, "NUM_STEPS", 50)
    table = pd.read_csv(tiny_csv).rename(columns={"logP": "pIC50"})[["smiles", "pIC50"]]
    table.to_csv("molecules.csv", index=False)
    table[:60].to_csv("assay.csv", index=False)
    (goal,) = re.findall(r"```toml\n(.*?)```", section, re.DOTALL)
    Path("goal.toml").write_text(goal, encoding="utf-8")
    told = commands(section)
    assert [arguments[0] for arguments in told[:3]] == ["train", "train", "sample"]
    for arguments in told:
        if arguments[0] in ELSEWHERE:
            continue
        shorter = SHORTER.get(arguments[0], "")
        if arguments[0] == "train" and "--base-model" not in arguments:
            shorter += f" {SMALLER}"
        outcome = molvae_command(*_overridden(arguments, shlex.split(shorter)))
        assert outcome.code == 0, outcome.err
        if "--out" in arguments:
            assert Path(arguments[arguments.index("--out") + 1]).exists()
    (block,) = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    names: dict[str, object] = {}
    shapes = re.findall(r"^(\w+)\b.*= .*# (\(\d+, \d+\))", block, re.MULTILINE)
    exec(compile(block, "README.md", "exec"), names)
    assert shapes
    for name, shape in shapes:
        assert str(getattr(names[name], "shape", None)) == shape


def test_every_command_of_the_readme_is_among_those_or_tested_elsewhere(molvae_command: RunMolvae) -> None:
    others = re.findall(r"`molvae ([a-z]+)", readme())
    known = molvae_command("--help").out
    for name in others:
        assert re.search(rf"^ +{name}\b", known, re.MULTILINE), name
    tried = {arguments[0] for arguments in commands(five_minutes())}
    told = {arguments[0] for arguments in commands(readme())}
    assert told <= tried | set(ELSEWHERE)
