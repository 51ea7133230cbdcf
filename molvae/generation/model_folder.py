"""A model on disk: the one owner of the format.

    model.json             what the model is: sizes, properties, chemistry, versions, and how it was trained
    weights.safetensors    the network
    prior.safetensors      a Gaussian fitted to the training molecules' latents
    prior-NAME.safetensors other fitted priors, if there are any; "language-model" is one that writes, and
                           "conditional" one that is told what to write
    tokenizer.json         SELFIES <-> ids
    training_keys.npy      which molecules it was trained on

`model.json` holds the SHA-256 of the others and of itself, so a file that was cut, edited or swapped is
noticed. Nothing here is ever unpickled.
"""

import hashlib
import io
import json
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from torch import Tensor

from molvae.chem.notation import constraints_in_force
from molvae.data.scaling import PropertyScaler
from molvae.data.screening import CurationSettings
from molvae.data.tokenizer import Tokenizer
from molvae.errors import ModelFolderError, SettingsError
from molvae.generation.latent_model import MoleculeModel
from molvae.generation.membership import MoleculeKeys
from molvae.generation.prior_fitting import prior_from_state
from molvae.generation.priors import CONDITIONAL
from molvae.generation.tensors import load_weights, read_tensors, tensor_bytes
from molvae.generation.writers import SmilesLanguageModel
from molvae.models.autoencoder import Autoencoder, AutoencoderSettings
from molvae.models.prior import GaussianPrior
from molvae.settings import from_dict, to_dict
from molvae.whole_files import write_whole

FORMAT = "molvae model folder"
#: Raised by one when an older molvae can't read what is written now.
FORMAT_VERSION = 1
MANIFEST = "model.json"
WEIGHTS, PRIOR, TOKENIZER, KEYS = (
    "weights.safetensors",
    "prior.safetensors",
    "tokenizer.json",
    "training_keys.npy",
)
FILES = (WEIGHTS, PRIOR, TOKENIZER, KEYS)
#: Models that come with molvae, a folder each.
PRETRAINED = Path(__file__).parent.parent / "pretrained"
#: prior -> its file. Only the Gaussian's is in every folder; a reader that knows no others leaves them alone.
PRIOR_FILES = {
    "gaussian": PRIOR,
    "mixture": "prior-mixture.safetensors",
    "flow": "prior-flow.safetensors",
    "language-model": "prior-language-model.safetensors",
    CONDITIONAL: "prior-conditional.safetensors",
}
LANGUAGE_MODEL = "language-model"
_LIBRARIES = ("molvae", "torch", "rdkit", "selfies", "tokenizers", "numpy")


def pretrained_names() -> list[str]:
    """The names of the models that come with molvae, sorted."""
    return sorted(path.parent.name for path in PRETRAINED.glob(f"*/{MANIFEST}"))


def model_path(name: str | Path) -> Path:
    """The folder of a model given by its path, or by the name of one that comes with molvae.

    What is there under the path given is meant before a name is.
    """
    folder = Path(name)
    if not folder.exists() and str(name) in pretrained_names():
        return PRETRAINED / folder
    return folder


def save_model(model: MoleculeModel, folder: Path, *, half_precision: bool = False) -> None:
    """Writes a model folder; `model.json` comes last and makes it complete.

    A prior that was there and that the model has not is gone then: it was another model's.

    Args:
        model: the model.
        folder: where to; made if need be.
        half_precision: whether weights are kept as 16-bit numbers; they are read as 32-bit ones again.

    Raises:
        CheckpointError: if a file can't be written; a model that was there before is intact.
    """
    networks: dict[str, tuple[Mapping[str, Tensor], dict[str, Any]]] = {
        WEIGHTS: (model.network.state_dict(), {})
    }
    for name, writes in ((LANGUAGE_MODEL, model.language_model), (CONDITIONAL, model.conditional)):
        if writes is not None:
            networks[PRIOR_FILES[name]] = writes.network.state_dict(), writes.to_json()
    if half_precision:
        networks = {
            file: ({name: weight.half() for name, weight in weights.items()}, more)
            for file, (weights, more) in networks.items()
        }
    priors = {PRIOR_FILES[name]: tensor_bytes(prior.state_dict(), {}) for name, prior in model.priors.items()}
    contents = {
        **{file: tensor_bytes(weights, more) for file, (weights, more) in networks.items()},
        **priors,
        TOKENIZER: json.dumps(model.tokenizer.to_json()).encode(),
        KEYS: _array_bytes(model.training_keys.keys),
    }
    facts = {name: value for name, value in model.facts.items() if name != "versions"}
    manifest = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "architecture": to_dict(model.network.settings),
        "properties": model.scaler.to_json() if model.scaler is not None else None,
        "curation": to_dict(model.curation),
        "constraints": constraints_in_force(),
        "max_length": model.max_length,
        "versions": model.facts.get("versions", {name: _version(name) for name in _LIBRARIES}),
        "facts": facts,
        "files": {name: _digest(content) for name, content in contents.items()},
    }
    manifest["checksum"] = _checksum(manifest)
    contents[MANIFEST] = (json.dumps(manifest, indent=2) + "\n").encode()
    write_whole(
        {folder / name: content for name, content in contents.items()},
        remedy="free some space, or choose a folder that can be written to, and save the model again "
        "(train goes on with --resume)",
    )
    for name in set(PRIOR_FILES.values()) - contents.keys():
        (folder / name).unlink(missing_ok=True)


def _array_bytes(array: npt.NDArray[Any]) -> bytes:
    """An array as the content of an .npy file."""
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def load_model(folder: str | Path) -> MoleculeModel:
    """A trained model, ready to use.

    Args:
        folder: the path of a folder that `molvae train` wrote, or the name of a model that comes with molvae.

    Raises:
        ModelFolderError: if the folder is missing, incomplete, truncated, edited, not a model folder, or
            written by a newer molvae.
    """
    folder = model_path(folder)
    manifest = read_manifest(folder)
    for name in (*FILES, *_more_priors(manifest).values()):
        path = folder / name
        if not path.is_file():
            raise ModelFolderError(f'model folder "{folder}" lacks "{name}"; copy the whole folder again')
        if _digest(path.read_bytes()) != manifest["files"].get(name):
            raise ModelFolderError(
                f'"{path}" is truncated, edited, or from another model; copy the whole folder again'
            )
    if manifest["constraints"] != constraints_in_force():
        raise ModelFolderError(
            f'model folder "{folder}" was made under other SELFIES constraints than those in force; '
            "put them in force with molvae.chem.notation.set_constraints before loading it"
        )
    return _assemble(folder, manifest)


def _more_priors(manifest: Mapping[str, Any]) -> dict[str, str]:
    """The fitted priors in a folder besides the Gaussian, and their files."""
    return {
        name: file for name, file in PRIOR_FILES.items() if file not in FILES and file in manifest["files"]
    }


def read_manifest(folder: Path) -> dict[str, Any]:
    """What `model.json` says, checked against its own checksum.

    Raises:
        ModelFolderError: as for `load_model`.
    """
    folder = model_path(folder)
    if not folder.is_dir():
        known = "".join(f", or {name}" for name in pretrained_names())
        raise ModelFolderError(
            f'there is no model folder "{folder}"; give the folder that train wrote{known}'
        )
    path = folder / MANIFEST
    if not path.is_file():
        unfinished = (folder / "checkpoints").is_dir()
        remedy = "its training has not ended: go on with train --resume" if unfinished else "is it one?"
        raise ModelFolderError(f'"{folder}" holds no "{MANIFEST}"; {remedy}')
    try:
        manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        named, number = manifest.get("format"), manifest.get("format_version")
    except (ValueError, AttributeError) as error:
        raise ModelFolderError(f'"{path}" is truncated or not JSON; copy the whole folder again') from error
    if named != FORMAT or not isinstance(number, int):
        raise ModelFolderError(f'"{path}" is not from molvae; give the folder that train wrote')
    if number > FORMAT_VERSION:
        raise ModelFolderError(
            f'model folder "{folder}" has format {number}, this molvae reads up to {FORMAT_VERSION}; '
            "update molvae"
        )
    if manifest.get("checksum") != _checksum(manifest):
        raise ModelFolderError(f'"{path}" was edited after it was written; copy the whole folder again')
    return manifest


def weights_checksum(folder: Path) -> str:
    """The SHA-256 of a model's weights: what tells whose latents are whose.

    Raises:
        ModelFolderError: as for `load_model`.
    """
    return str(read_manifest(folder)["files"][WEIGHTS])


def _assemble(folder: Path, manifest: Mapping[str, Any]) -> MoleculeModel:
    tokenizer = Tokenizer.from_json(json.loads((folder / TOKENIZER).read_text(encoding="utf-8")))
    scaler = PropertyScaler.from_json(manifest["properties"]) if manifest["properties"] else None
    try:
        settings = from_dict(AutoencoderSettings, manifest["architecture"], f'"{folder / MANIFEST}"')
        curation = from_dict(CurationSettings, manifest["curation"], f'"{folder / MANIFEST}"')
    except SettingsError as error:
        raise ModelFolderError(str(error)) from error
    network = Autoencoder(settings, tokenizer.vocab_size, scaler.is_binary if scaler is not None else [])
    load_weights(network, read_tensors(folder / WEIGHTS)[0])
    saved = {
        name: read_tensors(folder / file)
        for name, file in ((GaussianPrior.name, PRIOR), *_more_priors(manifest).items())
    }
    language_model, conditional = (
        SmilesLanguageModel.from_state(*saved.pop(name)) if name in saved else None
        for name in (LANGUAGE_MODEL, CONDITIONAL)
    )
    priors = {name: prior_from_state(name, state, settings.latent_dim) for name, (state, _) in saved.items()}
    return MoleculeModel(
        network=network.eval().requires_grad_(False),
        tokenizer=tokenizer,
        curation=curation,
        scaler=scaler,
        priors=priors,
        max_length=manifest["max_length"],
        training_keys=MoleculeKeys(np.load(folder / KEYS, allow_pickle=False)),
        facts=manifest["facts"] | {"versions": manifest["versions"]},
        language_model=language_model,
        conditional=conditional,
    )


def _checksum(manifest: Mapping[str, Any]) -> str:
    rest = {name: value for name, value in manifest.items() if name != "checksum"}
    return _digest(json.dumps(rest, sort_keys=True).encode())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:  # molvae itself, used from a checkout that is not installed
        return "0+checkout"
