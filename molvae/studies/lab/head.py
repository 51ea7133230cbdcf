"""A copy of a project's model, with a head fitted to what was measured; the model stays as it is."""

import dataclasses

import numpy as np
import torch

from molvae.data.scaling import PropertyScaler
from molvae.errors import InputError
from molvae.generation.latent_model import MoleculeModel
from molvae.generation.model_folder import save_model
from molvae.models.autoencoder import Autoencoder
from molvae.studies.lab.history import History, settled_values
from molvae.studies.lab.project import MODEL, Lab
from molvae.training.head_fitting import Labelled, fit_head
from molvae.training.transfer import transfer_weights

#: Fewer molecules than this are no use to a head.
LEAST_MOLECULES = 10
#: Draws of the prior on which the head learns what the process says of them.
NUM_DRAWS = 2000


def update_head(lab: Lab, model: MoleculeModel, history: History, seed: int) -> int:
    """Writes the project's own model folder, and returns how many molecules its head learned from.

    A censored value counts as what the judge expects it to be within its bounds.

    Raises:
        InputError: the model can read too few of the molecules.
    """
    readable = model.readable(history.smiles)
    if len(readable.smiles) < LEAST_MOLECULES:
        raise InputError(
            f'the model can read "{len(readable.smiles)}" of the measured molecules; a head needs '
            f"{LEAST_MOLECULES}: measure more, and leave out --update-head until then"
        )
    values = settled_values(history)[readable.places]
    scaler = PropertyScaler.fit(lab.properties, ["regression"] * len(lab.properties), values)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = Autoencoder(model.network.settings, model.tokenizer.vocab_size, scaler.is_binary)
    transfer_weights(model.network, network, with_head=False)
    latents = torch.from_numpy(model.posterior_of(readable.arrays)[0])
    others = torch.from_numpy(model.sample_latents(NUM_DRAWS, np.random.default_rng(seed))).to(latents.dtype)
    targets = scaler.scale(values)
    train, nothing = Labelled(latents, targets), Labelled(latents[:0], targets[:0])
    scaler = fit_head(network.eval(), train, nothing, others, scaler, seed)
    facts = dict(model.facts)
    for part in ("valid", "test"):  # how good another head was
        if facts[part] is not None:
            facts[part] = {**facts[part], "property_r2": {}}
    fitted = dataclasses.replace(model, network=network.requires_grad_(False), scaler=scaler, facts=facts)
    save_model(fitted, lab.folder / MODEL)
    return len(readable.smiles)
