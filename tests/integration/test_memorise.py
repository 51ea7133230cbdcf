"""The whole network learns twenty molecules by heart: nothing between SMILES and SMILES is broken."""

from pathlib import Path

import numpy as np
import pytest
import torch

from molvae.chem.notation import selfies_to_smiles, smiles_to_selfies
from molvae.data.dataset import TokenArrays
from molvae.data.tokenizer import Tokenizer
from molvae.models.autoencoder import Autoencoder, AutoencoderSettings
from molvae.training.settings import TrainingSettings
from molvae.training.trainer import Trainer, TrainingData


@pytest.mark.parametrize("bottleneck", ["gaussian", "hypercube", "hypersphere"])
def test_twenty_molecules_are_learned_by_heart(
    bottleneck: str, drug_smiles: list[str], tmp_path: Path
) -> None:
    texts = [smiles_to_selfies(smiles) for smiles in drug_smiles[:20]]
    tokenizer = Tokenizer.learn(texts, num_merges=60)
    arrays, everyone = TokenArrays.of(tokenizer.to_ids_batch(texts)), np.arange(20)
    torch.manual_seed(0)
    sizes = AutoencoderSettings(
        bottleneck=bottleneck,  # type: ignore[arg-type]
        latent_dim=16,
        embedding_dim=32,
        encoder_dim=32,
        decoder_dim=64,
    )
    model = Autoencoder(sizes, tokenizer.vocab_size, [])
    settings = TrainingSettings(
        max_steps=250, max_epochs=250, valid_every=250, batch_size=20, learning_rate=0.01, kl_weight=0.001,
        device="cpu", precision="float32",
    )  # fmt: skip
    result = Trainer(model, TrainingData(arrays, everyone, everyone, None), settings, tmp_path).run()
    assert result.best.reconstruction == 1.0
    ids, lengths = (torch.from_numpy(part) for part in arrays.batch(everyone))
    found, num_tokens = model.decoder.generate(model.encode(ids, lengths).mean, max_length=80)
    told = [tokenizer.to_text(row[:n].tolist()) for row, n in zip(found, num_tokens, strict=True)]
    assert told == texts
    assert selfies_to_smiles(told[0]) == "CC(=O)Oc1ccccc1C(=O)O"
