"""molvae train: what it reads of a table, and what it says of it."""

import json
from pathlib import Path
from typing import Any

import pytest

import molvae
from tests.command_line import RunMolvae

SMALL: dict[str, Any] = {
    "latent_dim": 4,
    "embedding_dim": 4,
    "encoder_dim": 4,
    "decoder_dim": 4,
    "head_dim": 4,
    "head_members": 1,
    "num_merges": 0,
    "max_steps": 2,
    "batch_size": 8,
}
FLAGS = [word for name, value in SMALL.items() for word in (f"--{name.replace('_', '-')}", value)]


@pytest.fixture
def ring_table(tmp_path: Path, drug_smiles: list[str]) -> Path:
    """Forty drugs and whether each has a ring, as 0 and 1."""
    path = tmp_path / "rings.csv"
    rows = [f"{text},{int('1' in text)}" for text in drug_smiles]
    path.write_text("\n".join(["smiles,Rings", *rows]) + "\n", encoding="utf-8")
    return path


def test_a_column_of_0_and_1_is_learned_as_declared_and_a_resumed_run_can_not_change_it(
    molvae_command: RunMolvae, ring_table: Path, tmp_path: Path
) -> None:
    argv = ["train", ring_table, "--out", tmp_path / "model", *FLAGS, "--num-workers", 0]
    argv += ["--property", "rings"]
    assert molvae_command(*argv, "--regression", "rings").code == 0
    scaler = molvae.load(tmp_path / "model").scaler
    assert scaler is not None
    assert (scaler.names, scaler.kinds) == (("Rings",), ("regression",))
    assert molvae_command(*argv, "--regression", "rings", "--resume").code == 0
    refused = molvae_command(*argv, "--resume")
    assert refused.code == 1
    assert "had another property_kinds (\"['regression']\", now \"['yes/no']\")" in refused.err


def test_a_kind_is_declared_from_python_too(ring_table: Path, tmp_path: Path) -> None:
    model = molvae.train(
        ring_table,
        tmp_path / "model",
        properties=["Rings"],
        property_kinds={"Rings": "regression"},
        **SMALL,
    )
    assert model.scaler is not None
    assert model.scaler.kinds == ("regression",)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (
            ["--regression", "ringz"],
            'declared to be "regression", but no property column: "ringz"; did you mean "Rings"? '
            'those named with --property: "Rings"',
        ),
        (
            ["--yes-no", "rings", "--regression", "rings"],
            'command line: "rings" is in both regression and yes_no; leave it in one',
        ),
    ],
)
@pytest.mark.parametrize("command", ["prepare", "train"])
def test_a_mistaken_declaration_is_refused(
    command: str,
    flags: list[str],
    message: str,
    molvae_command: RunMolvae,
    ring_table: Path,
    tmp_path: Path,
) -> None:
    out = ["--out", tmp_path / "model"] if command == "train" else []
    outcome = molvae_command(command, ring_table, *out, "--property", "rings", *flags)
    assert (outcome.code, outcome.err) == (1, f"molvae: error: {message}\n")
    assert not (tmp_path / "model").exists()


def test_an_epoch_goes_through_further_writings_where_they_are_asked_for(
    ring_table: Path, tmp_path: Path
) -> None:
    seen = []
    for num_writings in (0, 2):
        out = tmp_path / f"{num_writings}"
        settings = SMALL | {"max_steps": 1000, "max_epochs": 1, "augmentation": num_writings}
        facts = molvae.train(ring_table, out, properties=["Rings"], **settings).facts
        assert facts["data"]["summary"] == "40 rows: 40 kept, 0 dropped"
        seen.append(facts["molecules_seen"])
    assert 2 * seen[0] < seen[1] <= 3 * seen[0]


def test_the_summary_in_the_model_folder_accounts_for_every_row(
    molvae_command: RunMolvae, tmp_path: Path
) -> None:
    table, model = tmp_path / "alkanes.smi", tmp_path / "model"
    texts = [*("C" * length for length in range(2, 22)), "BrCC", "not a molecule"]
    table.write_text("\n".join(texts) + "\n", encoding="utf-8")
    for seed in range(50):
        argv = ["train", table, "--out", model, *FLAGS, "--num-workers", 0, "--split-seed", seed]
        printed = molvae_command(*argv, "--valid-rate", 0.2, "--test-rate", 0.2, "--overwrite").out
        summary = json.loads((model / "curation.json").read_text(encoding="utf-8"))
        if "unseen symbol" in summary["dropped"]:
            break
    assert summary["dropped"] == {"unparseable": 1, "unseen symbol": 1}
    assert (summary["num_rows"], summary["num_kept"]) == (22, 20)
    assert summary["summary"] == "22 rows: 20 kept, 2 dropped"
    expected = [
        'SMILES column "column 1", 22 rows: 20 kept, 2 dropped',
        "  unparseable: 1",
        "  unseen symbol: 1",
    ]
    assert printed.splitlines()[:3] == expected


def test_a_folder_that_is_taken_is_refused_before_the_table_is_read(
    molvae_command: RunMolvae, ring_table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("molvae.training.run.curate", lambda *_, **__: pytest.fail("curated"))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep", encoding="utf-8")
    outcome = molvae_command("train", ring_table, "--out", tmp_path / "mine")
    assert outcome.code == 1
    assert "exists and is not empty" in outcome.err


def test_a_table_that_can_not_be_split_leaves_no_folder_behind(
    molvae_command: RunMolvae, tmp_path: Path
) -> None:
    (tmp_path / "one.csv").write_text("smiles\nCCO\n", encoding="utf-8")
    outcome = molvae_command("train", tmp_path / "one.csv", "--out", tmp_path / "model")
    assert "can't split" in outcome.err
    assert not (tmp_path / "model").exists()


def test_resuming_what_is_not_there_says_that_a_new_run_begins(
    molvae_command: RunMolvae, ring_table: Path, tmp_path: Path
) -> None:
    outcome = molvae_command("train", ring_table, "--out", tmp_path / "modle", "--resume", *FLAGS)
    assert outcome.code == 0
    assert f'there is no run in "{tmp_path / "modle"}" to resume: a new one begins' in outcome.err
