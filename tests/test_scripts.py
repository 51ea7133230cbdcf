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
        [sys.executable, SCRIPTS / name, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_train_sample_and_optimize_run_end_to_end_on_the_shipped_table(tmp_path: Path) -> None:
    model, sample, better = tmp_path / "model", tmp_path / "sample.csv", tmp_path / "better"
    sizes = [word for name, size in SMALL.items() for word in (f"--{name}", size)]
    limits = ["--max-steps", 20, "--batch-size", 64, "--num-merges", 100, "--quiet"]
    printed = run_script("train.py", shipped_csv(), "--out", model, "--property", "QED", *limits, *sizes)
    assert "10000 rows: 10000 kept, 0 dropped" in printed
    assert f"model folder: {model}" in printed

    printed = run_script("sample.py", model, "-n", 20, "--out", sample, "--quiet")
    assert len(pd.read_csv(sample)) == 20
    assert f"molecules: {sample}" in printed

    argv = [model, "--maximize", "QED", "--budget", 12, "--from-smiles", "CCOc1ccccc1", "--out", better]
    assert "best QED 0." in run_script("optimize.py", *argv, "--quiet")
    assert pd.read_csv(better / "oracle.csv")["smiles"].iloc[0] == "CCOc1ccccc1"


def test_the_dial_of_likeness_is_checked_on_a_file(
    tiny_model_dir: Path, tiny_csv: Path, tmp_path: Path
) -> None:
    out = tmp_path / "likeness.csv"
    argv = [tiny_model_dir, tiny_csv, "--molecules", 3, "--out", out]
    printed = run_script("benchmarks/likeness.py", *argv).splitlines()
    assert printed[1].startswith("3 molecules, 10 neighbors each; 0 more can't be read, 3 were in the table")
    table = pd.read_csv(out)
    assert table["asked"].tolist() == [0.4, 0.6, 0.8]
    assert (table["off"] == (table["mean"] - table["asked"]).abs()).all()
    assert (table["holds"] == (table["off"] <= 0.1)).all()
    shares = table[["mean", "within", "distinct", "found"]].to_numpy()
    assert ((shares >= 0) & (shares <= 1)).all()
    assert [line.split()[0] for line in printed[2:]] == ["asked", "0.400", "0.600", "0.800"]
