"""molvae fit-prior, and sample from what it fitted."""

import json
import signal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from molvae.data.bulk import properties_of
from molvae.generation import model_folder
from molvae.generation.latent_model import MoleculeModel
from molvae.generation.model_folder import MANIFEST, load_model, save_model
from molvae.generation.target_sampling import draw_at_targets
from molvae.generation.writers import SmilesWriter
from molvae.models.prior import StandardNormalPrior
from molvae.training import language_model_fitting
from tests.command_line import RunMolvae

SHORT = ("--steps", 3, "--components", 2)


@pytest.fixture
def folder(tiny_model: MoleculeModel, tmp_path: Path) -> Path:
    """A folder of the tiny model's own."""
    save_model(tiny_model, tmp_path / "model")
    return tmp_path / "model"


@pytest.mark.parametrize("prior", ["gaussian", "mixture", "flow"])
def test_a_fitted_prior_is_in_the_folder_and_is_sampled_from(
    prior: str, molvae_command: RunMolvae, folder: Path, tiny_model: MoleculeModel, tiny_csv: Path
) -> None:
    outcome = molvae_command("fit-prior", folder, tiny_csv, "--prior", prior, *SHORT)
    assert outcome.code == 0, outcome.err
    lines = outcome.out.splitlines()
    assert lines[0].startswith(f"{prior} fitted to 190 molecules in ")
    assert lines[1] == "mean log-density of 10 molecules held out, in nats a latent vector:"
    assert {line.split()[0] for line in lines[3:-2]} == {"standard-normal", "gaussian", prior}
    assert lines[-2:] == ["default prior: standard-normal", f"model folder: {folder}"]
    model = load_model(folder)
    assert not np.array_equal(
        model.sample_latents(3, np.random.default_rng(0), prior),  # type: ignore[arg-type]
        tiny_model.sample_latents(3, np.random.default_rng(0), "gaussian"),
    )
    sampled = molvae_command("sample", folder, "-n", 5, "--prior", prior)
    assert sampled.out.split() == model.sample(5, prior=prior)  # type: ignore[arg-type]


def test_what_is_said_of_the_molecules_held_out_is_their_density(
    molvae_command: RunMolvae, folder: Path, tiny_model: MoleculeModel, tiny_csv: Path
) -> None:
    outcome = molvae_command("fit-prior", folder, tiny_csv, "--prior", "mixture", *SHORT, "--seed", 3)
    said = {line.split()[0]: float(line.split()[1]) for line in outcome.out.splitlines()[3:-2]}
    assert list(said.values()) == sorted(said.values(), reverse=True)
    smiles = tiny_model.readable(pd.read_csv(tiny_csv)["smiles"].tolist()).smiles
    draws = tiny_model.posterior_samples(smiles, 1, seed=3)[:, 0]
    held_out = torch.from_numpy(draws[np.random.default_rng(3).permutation(len(draws))[:10]])
    for name, prior in {"standard-normal": StandardNormalPrior(16), **load_model(folder).priors}.items():
        assert said[name] == pytest.approx(float(prior.log_prob(held_out).mean()), abs=0.01)


def test_the_default_changes_only_where_that_is_asked_for(
    molvae_command: RunMolvae, folder: Path, tiny_csv: Path
) -> None:
    argv = ("fit-prior", folder, tiny_csv, "--prior", "mixture", *SHORT)
    assert "default prior: standard-normal" in molvae_command(*argv).out
    assert "default prior: mixture" in molvae_command(*argv, "--default").out
    assert "default prior: mixture" in molvae_command(*argv).out
    model = load_model(folder)
    assert molvae_command("sample", folder, "-n", 4).out.split() == model.sample(4, prior="mixture")
    assert "standard-normal, gaussian, mixture (default)\n" in molvae_command("info", folder).out


def test_a_prior_that_may_know_the_molecules_held_out_is_named(
    molvae_command: RunMolvae, folder: Path, tiny_csv: Path
) -> None:
    argv = ("fit-prior", folder, tiny_csv, *SHORT, "--prior")
    warned = "fitted to other molecules, which may hold some of these: "
    assert warned not in molvae_command(*argv, "mixture").out
    assert warned not in molvae_command(*argv, "gaussian").out
    assert f"{warned}mixture, gaussian\n" in molvae_command(*argv, "flow", "--seed", 1).out


def test_another_folder_takes_the_model_and_the_first_stays(
    molvae_command: RunMolvae, folder: Path, tiny_csv: Path, tmp_path: Path
) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    other = tmp_path / "other"
    argv = ("fit-prior", folder, tiny_csv, "--prior", "flow", *SHORT, "--max-molecules", 40, "--out", other)
    assert "flow fitted to 38 molecules" in molvae_command(*argv).out
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert load_model(other).prior_names == ("standard-normal", "gaussian", "flow")
    record = json.loads((other / MANIFEST).read_text(encoding="utf-8"))["facts"]["priors"]["flow"]
    assert (record["file"], record["molecules"], record["settings"]["steps"]) == ("tiny.csv", 38, 3)
    assert f'"{other}" exists and is not empty; give another folder' in molvae_command(*argv).err


def test_seed_and_steps_fix_the_prior(
    molvae_command: RunMolvae, folder: Path, tiny_csv: Path, tmp_path: Path
) -> None:
    written = []
    for name, seed in {"one": 1, "again": 1, "other": 2}.items():
        argv = ("fit-prior", folder, tiny_csv, "--prior", "flow", *SHORT, "--seed", seed)
        assert molvae_command(*argv, "--out", tmp_path / name).code == 0
        written.append((tmp_path / name / "prior-flow.safetensors").read_bytes())
    assert written[0] == written[1] != written[2]


def test_rows_that_can_not_be_read_are_counted_and_molecules_that_come_twice_are_taken_once(
    molvae_command: RunMolvae, folder: Path, tiny_csv: Path, tmp_path: Path
) -> None:
    known = pd.read_csv(tiny_csv)["smiles"][:8].tolist()
    file = tmp_path / "mine.csv"
    file.write_text("\n".join(["smiles", *known, known[0], "C1CC", "C[Pt]C"]) + "\n", encoding="utf-8")
    outcome = molvae_command("fit-prior", folder, file, "--prior", "gaussian")
    ledger = folder / "prior-gaussian.ledger.csv"
    assert outcome.out.splitlines()[:2] == [
        f"2 rows can't be read by the model: listed in {ledger}",
        "gaussian fitted to 7 molecules in 0 s",
    ]
    assert pd.read_csv(ledger)["row"].tolist() == [10, 11]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ((), '"prior" is required; give --prior'),
        (("--prior", "mixture", "--components", 200), "a mixture of 200 needs at least 400 latents, got 190"),
        (("--prior", "mixture", "--max-molecules", 0), 'max_molecules is "0"'),
        (("--prior", "flow", "--minutes", 0), 'minutes is "0.0"'),
        (("--prior", "flow", "--told", "logP"), 'told is "logP", and the prior "flow" is told nothing'),
        (("--prior", "conditional", "--told", "logQ"), 'unknown property "logQ"'),
        (("--prior", "gaussian", "--max-molecules", 1), "one molecule is too few to fit a prior to"),
        (("--prior", "gaussian", "--max-molecules", 2), "a Gaussian prior needs at least 2 latents, got 1"),
    ],
)
def test_a_fit_that_can_not_be_is_one_line_and_the_model_stays(
    flags: tuple[object, ...], message: str, molvae_command: RunMolvae, folder: Path, tiny_csv: Path
) -> None:
    before = (folder / MANIFEST).read_bytes()
    outcome = molvae_command("fit-prior", folder, tiny_csv, *flags)
    assert outcome.code == 1
    assert message in outcome.err
    assert outcome.err.count("\n") == 1
    assert (folder / MANIFEST).read_bytes() == before


def test_a_language_model_is_fitted_to_text_saved_and_drawn_from(
    molvae_command: RunMolvae, folder: Path, tiny_csv: Path, tiny_model: MoleculeModel
) -> None:
    argv = ("fit-prior", folder, tiny_csv, "--prior", "language-model", "--steps", 300, "--default")
    outcome = molvae_command(*argv)
    assert outcome.code == 0, outcome.err
    lines = outcome.out.splitlines()
    assert lines[0].startswith("language-model fitted to 190 molecules in ")
    assert lines[1].startswith("nats a molecule, of 10 held out: ")
    assert lines[2:] == ["default prior: language-model", f"model folder: {folder}"]
    assert not list(folder.glob("*checkpoint*"))
    model = load_model(folder)
    assert model.prior_names == ("standard-normal", "gaussian", "language-model")
    record = model.facts["priors"]["language-model"]
    assert (record["molecules"], record["steps"]) == (190, 300)
    assert f"{record['nats']:.2f} (300 steps)" in lines[1]
    assert molvae_command("sample", folder, "-n", 4).out.split() == model.sample(4)
    codes = model.sample_latents(4, np.random.default_rng(0), "language-model")
    assert np.isfinite(codes).all()
    assert codes.shape == (4, tiny_model.latent_dim)


def mean_log_p_written(model: MoleculeModel, value: float) -> float:
    """Of the molecules that it writes when told a logP."""
    assert model.conditional is not None
    writer = SmilesWriter(model.conditional, model.curation, {"logP": value})
    drafts = writer.drafts(300, torch.Generator().manual_seed(0))
    return float(np.nanmean(properties_of(drafts, ["logP"])))


def test_a_language_model_is_told_what_is_wanted_by_sample_at_targets(
    molvae_command: RunMolvae, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(language_model_fitting, "LEARNING_RATE", 0.02)
    monkeypatch.setattr(language_model_fitting, "NUM_MERGES", 0)  # so few molecules would each be a token
    chains = tmp_path / "chains.smi"  # whose logP tells how long they are
    texts = ["C" * size + end for size in range(2, 16) for end in ("", "N", "O", "F", "S")]
    chains.write_text("\n".join(texts), encoding="utf-8")
    argv = ("fit-prior", folder, chains, "--prior", "conditional", "--steps", 300, "--told")
    outcome = molvae_command(*argv, "logp", "--told", "qed")
    assert outcome.code == 0, outcome.err
    assert outcome.out.splitlines()[1].endswith("(300 steps), told some of logP, QED")
    model = load_model(folder)
    assert model.prior_names == ("standard-normal", "gaussian", "conditional")
    assert model.default_prior == "standard-normal"
    assert model.conditional is not None
    assert model.conditional.properties is not None
    assert model.conditional.properties.names == ("logP", "QED")
    assert model.facts["priors"]["conditional"]["told"] == ["logP", "QED"]
    assert mean_log_p_written(model, 1.0) == pytest.approx(1.0, abs=0.7)
    assert mean_log_p_written(model, 5.0) == pytest.approx(5.0, abs=0.7)
    asked_for = {"num_rings": 1.0}, {"num_rings": 100.0}
    untold = draw_at_targets(model, 5, asked_for[0], tolerances=asked_for[1])
    own = draw_at_targets(model, 5, asked_for[0], tolerances=asked_for[1], prior="standard-normal")
    assert untold.smiles == own.smiles, "it can't be told of rings, so the model's own prior is drawn from"
    assert molvae_command(*argv, "logP", "--told", "QED").code == 0, "it goes on from what it was"
    assert molvae_command("sample", folder, "-n", 3, "--prior", "conditional").code == 0


def test_a_language_model_that_was_broken_off_is_gone_on_with(
    molvae_command: RunMolvae, folder: Path, tiny_csv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    argv = ("fit-prior", folder, tiny_csv, "--prior", "language-model", "--steps", 6, "--out")
    assert molvae_command(*argv, whole).code == 0
    with monkeypatch.context() as patch:
        step = language_model_fitting._Fit.step

        def stopping(self: language_model_fitting._Fit, share: float) -> float:
            if self.state.step == 3:
                signal.raise_signal(signal.SIGINT)
            return step(self, share)

        patch.setattr(language_model_fitting._Fit, "step", stopping)
        outcome = molvae_command(*argv, broken)
    assert outcome.out == "the fit was broken off; the same command goes on with it\n"
    assert not (broken / MANIFEST).exists()
    assert molvae_command(*argv, broken).code == 0
    assert load_model(broken).facts["priors"]["language-model"]["steps"] == 6


def test_a_model_that_comes_with_molvae_is_not_changed(
    molvae_command: RunMolvae,
    tiny_model: MoleculeModel,
    tiny_csv: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(model_folder, "PRETRAINED", tmp_path / "pretrained")
    save_model(tiny_model, tmp_path / "pretrained" / "tiny")
    argv = ("fit-prior", "tiny", tiny_csv, "--prior", "gaussian")
    assert '"tiny" comes with molvae, and is not changed; give --out OTHER_DIR' in molvae_command(*argv).err
    assert molvae_command(*argv, "--out", tmp_path / "own").code == 0
    assert not Path("tiny").exists()
