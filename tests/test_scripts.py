"""The scripts of a clone, each run as a user would, on the table that comes with molvae."""

import importlib
import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

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
    assert [line.split()[0] for line in printed[2:5]] == ["0.4:", "0.6:", "0.8:"]
    assert [line.split()[0] for line in printed[5:]] == ["asked", "0.400", "0.600", "0.800"]


@pytest.fixture
def frontier(tiny_csv: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script, with few molecules in place of MOSES."""
    monkeypatch.syspath_prepend(SCRIPTS / "benchmarks")
    script = importlib.import_module("frontier")
    smiles = pd.read_csv(tiny_csv)["smiles"].tolist()
    parts = {"train": smiles[:100], "test": smiles[100:150], "test_scaffolds": smiles[150:]}
    monkeypatch.setattr(script, "moses_smiles", parts.__getitem__)
    return script


def test_the_frontier_has_a_line_an_arm_and_all_metrics_beside_it(
    frontier: ModuleType, tiny_model_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "frontier"
    arms = [str(tiny_model_dir), f"{tiny_model_dir},prior=gaussian,temperature=0.5"]
    frontier.main([*arms, "--molecules", "6", "--samples", "20", "--out", str(out), "--no-picture"])
    table = pd.read_csv(out / "results.csv")
    assert table["prior"].tolist() == ["standard-normal", "gaussian"]
    assert table["temperature"].tolist() == [0, 0.5]
    assert table["same_twice"].iloc[0] == 1
    found = json.loads((out / "results.json").read_text(encoding="utf-8"))
    assert (found["molecules"], found["samples"], found["seed"]) == (6, 20, 0)
    assert [arm["metrics"]["num_molecules"] for arm in found["arms"]] == [20, 20]
    assert [arm["fcd_test"] for arm in found["arms"]] == pytest.approx(table["fcd_test"].tolist())
    assert found["arms"][0]["floor"]["fcd_test"] == found["arms"][1]["fcd_test_floor"] > 0
    assert "reconstruction_mean" in capsys.readouterr().out
    assert sorted(path.name for path in out.iterdir()) == ["results.csv", "results.json"]


LINE = {
    "model": "mine",
    "prior": "gaussian",
    "level": 0.3,
    "temperature": 0.0,
    "reconstruction_mean": 0.9,
    "reconstruction_draw": 0.8,
    "fcd_test": 0.4,
    "fcd_test_floor": 0.05,
}


def test_the_picture_names_every_model_and_is_the_same_each_time(
    frontier: ModuleType, tmp_path: Path
) -> None:
    pytest.importorskip("matplotlib")
    for name in ("one.svg", "two.svg"):
        frontier.draw_picture([LINE], tmp_path / name)
    text = (tmp_path / "one.svg").read_text(encoding="utf-8")
    assert text == (tmp_path / "two.svg").read_text(encoding="utf-8")
    for words in ("mine, gaussian, level 0.3", "DD-VAE", "CharRNN", "LatentGAN", "JT-VAE", "AAE", "floor"):
        assert words in text


def test_a_picture_without_matplotlib_is_refused_before_anything_is_measured(
    frontier: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match=r'pip install "\.\[benchmarks\]", or give --no-picture'):
        frontier.main(["model", "--out", str(tmp_path / "out")])
    assert not (tmp_path / "out").exists()
