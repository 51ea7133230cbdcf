"""The scripts of a clone, each run as a user would, on the table that comes with molvae."""

import subprocess
import sys
from pathlib import Path

import pandas as pd

from molvae.data.shipped import shipped_csv

SCRIPTS = Path(__file__).parents[1] / "scripts"
SMALL = {"latent-dim": 16, "embedding-dim": 16, "encoder-dim": 32, "decoder-dim": 32, "head-dim": 16}


def run_script(name: str, *arguments: object) -> str:
    """What a script printed; it must have ended well."""
    result = subprocess.run(
        [sys.executable, SCRIPTS / name, *map(str, arguments), "--quiet"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_train_sample_and_optimize_run_end_to_end_on_the_shipped_table(tmp_path: Path) -> None:
    model, sample, better = tmp_path / "model", tmp_path / "sample.csv", tmp_path / "better"
    sizes = [word for name, size in SMALL.items() for word in (f"--{name}", size)]
    limits = ["--max-steps", 20, "--batch-size", 64, "--num-merges", 100]
    printed = run_script("train.py", shipped_csv(), "--out", model, "--property", "QED", *limits, *sizes)
    assert "10000 rows: 10000 kept, 0 dropped" in printed
    assert f"model folder: {model}" in printed

    printed = run_script("sample.py", model, "-n", 20, "--out", sample)
    assert len(pd.read_csv(sample)) == 20
    assert f"molecules: {sample}" in printed

    argv = [model, "--maximize", "QED", "--budget", 12, "--from-smiles", "CCOc1ccccc1", "--out", better]
    assert "best QED 0." in run_script("optimize.py", *argv)
    assert pd.read_csv(better / "oracle.csv")["smiles"].iloc[0] == "CCOc1ccccc1"
