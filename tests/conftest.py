"""What every test may use: real molecules, an own cache folder, one thread, the same code in subprocesses."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

# Before anything loads a numerical library: two test machines with different cores must do the same sums.
for _variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")
os.environ["TOKENIZERS_PARALLELISM"] = "false"

import pytest  # noqa: E402
from hypothesis import settings  # noqa: E402

from molvae.cli import main  # noqa: E402
from molvae.data.shipped import shipped_csv  # noqa: E402
from tests.command_line import Outcome, RunMolvae  # noqa: E402

if TYPE_CHECKING:
    from molvae.generation.latent_model import MoleculeModel

settings.register_profile("molvae", deadline=None, derandomize=True, database=None)
settings.load_profile("molvae")

REPOSITORY = Path(__file__).parents[1]
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(REPOSITORY), os.environ.get("PYTHONPATH"))))

DRUGS = {
    "aspirin": "CC(=O)Oc1ccccc1C(=O)O",
    "caffeine": "Cn1c(=O)c2c(ncn2C)n(C)c1=O",
    "paracetamol": "CC(=O)Nc1ccc(O)cc1",
    "ibuprofen": "CC(C)Cc1ccc(C(C)C(=O)O)cc1",
    "nicotine": "CN1CCC[C@H]1c1cccnc1",
    "lidocaine": "CCN(CC)CC(=O)Nc1c(C)cccc1C",
    "procaine": "CCN(CC)CCOC(=O)c1ccc(N)cc1",
    "benzocaine": "CCOC(=O)c1ccc(N)cc1",
    "isoniazid": "NNC(=O)c1ccncc1",
    "metformin": "CN(C)C(=N)NC(=N)N",
    "salbutamol": "CC(C)(C)NCC(O)c1ccc(O)c(CO)c1",
    "propranolol": "CC(C)NCC(O)COc1cccc2ccccc12",
    "diazepam": "CN1C(=O)CN=C(c2ccccc2)c2cc(Cl)ccc21",
    "haloperidol": "O=C(CCCN1CCC(O)(c2ccc(Cl)cc2)CC1)c1ccc(F)cc1",
    "fluoxetine": "CNCCC(Oc1ccc(C(F)(F)F)cc1)c1ccccc1",
    "celecoxib": "Cc1ccc(-c2cc(C(F)(F)F)nn2-c2ccc(S(N)(=O)=O)cc2)cc1",
    "diclofenac": "O=C(O)Cc1ccccc1Nc1c(Cl)cccc1Cl",
    "phenytoin": "O=C1NC(=O)C(c2ccccc2)(c2ccccc2)N1",
    "carbamazepine": "NC(=O)N1c2ccccc2C=Cc2ccccc21",
    "trimethoprim": "COc1cc(Cc2cnc(N)nc2N)cc(OC)c1OC",
    "sulfamethoxazole": "Cc1cc(NS(=O)(=O)c2ccc(N)cc2)no1",
    "amlodipine": "CCOC(=O)C1=C(COCCN)NC(C)=C(C(=O)OC)C1c1ccccc1Cl",
    "omeprazole": "COc1ccc2[nH]c(S(=O)Cc3ncc(C)c(OC)c3C)nc2c1",
    "sildenafil": "CCCc1nn(C)c2c(=O)[nH]c(-c3cc(S(=O)(=O)N4CCN(C)CC4)ccc3OCC)nc12",
    "imatinib": "Cc1ccc(NC(=O)c2ccc(CN3CCN(C)CC3)cc2)cc1Nc1nccc(-c2cccnc2)n1",
    "gefitinib": "COc1cc2ncnc(Nc3ccc(F)c(Cl)c3)c2cc1OCCCN1CCOCC1",
    "erlotinib": "C#Cc1cccc(Nc2ncnc3cc(OCCOC)c(OCCOC)cc23)c1",
    "vemurafenib": "CCCS(=O)(=O)Nc1ccc(F)c(C(=O)c2c[nH]c3ncc(-c4ccc(Cl)cc4)cc23)c1F",
    "levodopa": "N[C@@H](Cc1ccc(O)c(O)c1)C(=O)O",
    "naproxen": "COc1ccc2cc([C@H](C)C(=O)O)ccc2c1",
    "ephedrine": "CN[C@@H](C)[C@H](O)c1ccccc1",
    "penicillin G": "CC1(C)S[C@@H]2[C@H](NC(=O)Cc3ccccc3)C(=O)N2[C@H]1C(=O)O",
    "morphine": "CN1CC[C@]23c4c5ccc(O)c4O[C@H]2[C@@H](O)C=C[C@H]3[C@H]1C5",
    "testosterone": "C[C@]12CC[C@H]3[C@@H](CCC4=CC(=O)CC[C@@]43C)[C@@H]1CC[C@@H]2O",
    "resveratrol": "Oc1ccc(/C=C/c2cc(O)cc(O)c2)cc1",
    "tamoxifen": "CC/C(=C(\\c1ccccc1)c1ccc(OCCN(C)C)cc1)c1ccccc1",
    "choline": "C[N+](C)(C)CCO",
    "acetylcholine": "CC(=O)OCC[N+](C)(C)C",
    "nitroglycerin": "O=[N+]([O-])OCC(CO[N+](=O)[O-])O[N+](=O)[O-]",
    "salicylate": "O=C([O-])c1ccccc1O",
}
"""Forty known molecules by name: most of them plain, nine with stereo marks, four with charges."""


@pytest.fixture(scope="session")
def drugs() -> dict[str, str]:
    """Name to SMILES of forty real molecules."""
    return dict(DRUGS)


@pytest.fixture(scope="session")
def drug_smiles() -> list[str]:
    """The SMILES of forty real molecules."""
    return list(DRUGS.values())


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test reads or writes the user's cache of data sets."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOLVAE_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(autouse=True)
def _own_logging() -> Iterator[None]:
    """A test that runs the command line leaves the logger as it was."""
    log = logging.getLogger("molvae")
    handlers, level = list(log.handlers), log.level
    yield
    log.handlers = handlers
    log.setLevel(level)


@pytest.fixture
def molvae_command(capsys: pytest.CaptureFixture[str]) -> RunMolvae:
    """Runs the command line, quietly, and says what it gave."""

    def run(*arguments: object) -> Outcome:
        capsys.readouterr()
        code = main([*map(str, arguments), "--quiet"])
        return Outcome(code, *capsys.readouterr())

    return run


@pytest.fixture(scope="session")
def tiny_csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first 200 molecules of the shipped table, with logP, QED and SA."""
    path = tmp_path_factory.mktemp("data") / "tiny.csv"
    lines = shipped_csv().read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:201]), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def tiny_model_dir(tiny_csv: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small VAE with a head for logP and QED, trained on `tiny_csv` for some seconds."""
    from molvae.data.preparation import TokenizerSettings
    from molvae.data.table_settings import TableSettings
    from molvae.models.autoencoder import AutoencoderSettings
    from molvae.training.request import RunRequest, RunSettings
    from molvae.training.run import train_model
    from molvae.training.settings import TrainingSettings

    folder = tmp_path_factory.mktemp("run") / "model"
    settings = RunSettings(
        table=TableSettings(properties=("logP", "QED"), num_workers=0),
        tokenizer=TokenizerSettings(num_merges=30),
        network=AutoencoderSettings(
            latent_dim=16, embedding_dim=16, encoder_dim=32, decoder_dim=32, head_dim=16, head_members=2
        ),
        training=TrainingSettings(
            max_steps=60, max_epochs=100, batch_size=32, learning_rate=5e-3, precision="float32", device="cpu"
        ),
    )
    request = RunRequest(
        file=tiny_csv,
        out=folder,
        cache=folder.parent / "cache",
        settings=settings,
    )
    train_model(request)
    return folder


@pytest.fixture(scope="session")
def tiny_model(tiny_model_dir: Path) -> "MoleculeModel":
    """The model in `tiny_model_dir`."""
    from molvae.generation.model_folder import load_model

    return load_model(tiny_model_dir)


@pytest.fixture(scope="session")
def noisy_model(tiny_model: "MoleculeModel") -> "MoleculeModel":
    """An untrained network that is told noise levels, with the chemistry of a trained one."""
    import dataclasses

    import torch

    from molvae.models.autoencoder import Autoencoder

    torch.manual_seed(0)
    settings = dataclasses.replace(tiny_model.network.settings, bottleneck="noisy")
    network = Autoencoder(settings, tiny_model.tokenizer.vocab_size, [False, False]).eval()
    return dataclasses.replace(tiny_model, network=network)
