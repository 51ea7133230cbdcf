"""How many molecules a second molvae trains on, against the MOSES benchmark's own VAE, in one run.

    molvae data fetch moses && python scripts/benchmarks/training_speed.py

The peer is rebuilt from its published configuration (Polykovskiy et al. 2020, arXiv 1811.12823, and the
defaults of its released code): characters, a 1-layer GRU encoder of 256 units, 128 latents, a 3-layer GRU
decoder of 512 units that reads the latents at every step, batches of 512, Adam, float32. Both see the same
molecules; a step is forward, backward and update; the first steps of each are not counted.
"""

import argparse
import gzip
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from benchmark_machine import describe_machine
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from molvae.data.cache import cache_folder
from molvae.data.curation import curate
from molvae.data.preparation import TokenizerSettings, prepare
from molvae.data.sources import source_file
from molvae.data.splitting import SplitSettings
from molvae.models.autoencoder import Autoencoder, AutoencoderSettings
from molvae.training.settings import TrainingSettings
from molvae.training.trainer import Trainer, TrainingData

PEER_BATCH = 512


class MosesVAE(nn.Module):
    """The peer. Dropout of its one-layer encoder has no effect in torch and is left out."""

    def __init__(self, vocab_size: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, vocab_size, padding_idx=0)
        self.encoder = nn.GRU(vocab_size, 256, batch_first=True)
        self.mean, self.log_variance = nn.Linear(256, 128), nn.Linear(256, 128)
        self.first = nn.Linear(128, 512)
        self.decoder = nn.GRU(vocab_size + 128, 512, num_layers=3, batch_first=True)
        self.logits = nn.Linear(512, vocab_size)

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """The loss of a batch of characters `(B, T)`, sorted by falling length."""
        embedded = self.embedding(ids)
        packed = pack_padded_sequence(embedded, lengths, batch_first=True)
        features = self.encoder(packed)[1][-1]
        mean, log_variance = self.mean(features), self.log_variance(features)
        latents = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
        kl = 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum(dim=1).mean()
        repeated = latents[:, None].expand(-1, ids.shape[1], -1)
        packed = pack_padded_sequence(torch.cat([embedded, repeated], dim=2), lengths, batch_first=True)
        states = self.first(latents)[None].repeat(3, 1, 1)
        output = pad_packed_sequence(self.decoder(packed, states)[0], batch_first=True)[0]
        logits = self.logits(output)
        loss = nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten(), ignore_index=0)
        return loss + kl


def peer_speed(smiles: list[str], num_steps: int) -> float:
    """Molecules a second of the peer."""
    characters = sorted(set("".join(smiles)))
    number = {character: index + 3 for index, character in enumerate(characters)}
    model = MosesVAE(len(characters) + 3)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-4)
    started = 0.0
    for step in range(num_steps + 1):
        if step == 1:
            started = time.perf_counter()
        batch = smiles[step * PEER_BATCH : (step + 1) * PEER_BATCH]
        rows = sorted(([1, *(number[c] for c in text), 2] for text in batch), key=len, reverse=True)
        lengths = torch.tensor([len(row) for row in rows])
        ids = torch.zeros(len(rows), len(rows[0]), dtype=torch.long)
        for index, row in enumerate(rows):
            ids[index, : len(row)] = torch.tensor(row)
        optimizer.zero_grad()
        model(ids, lengths).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 50)
        optimizer.step()
    return num_steps * PEER_BATCH / (time.perf_counter() - started)


def our_speed(smiles: list[str], seconds: float) -> tuple[float, str]:
    """Molecules a second of molvae's default configuration, and the type of its matrix products."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sample.smi"
        path.write_text("\n".join(smiles), encoding="utf-8")
        curated = curate(path, Path(folder) / "cache")
        prepared = prepare(curated, Path(folder) / "cache", SplitSettings(), TokenizerSettings())
        model = Autoencoder(AutoencoderSettings(), prepared.tokenizer.vocab_size, [])
        settings = TrainingSettings(max_minutes=60)
        data = TrainingData(prepared.arrays, prepared.split.train, prepared.split.valid, None)
        trainer = Trainer(model, data, settings, Path(folder) / "run")
        for _ in range(20):
            trainer.train_step()
        before, started = trainer.state.molecules, time.perf_counter()
        while time.perf_counter() - started < seconds:
            trainer.train_step()
        speed = (trainer.state.molecules - before) / (time.perf_counter() - started)
        return speed, str(trainer.dtype).removeprefix("torch.")


def main() -> None:
    """Times both and prints the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--molecules", type=int, default=50_000, help="how many of MOSES train to use")
    parser.add_argument("--seconds", type=float, default=60, help="how long molvae is timed")
    parser.add_argument("--peer-steps", type=int, default=8, help="how many steps the peer is timed")
    arguments = parser.parse_args()
    with gzip.open(source_file("moses", "train.csv.gz", cache_folder()), "rt") as file:
        every = file.read().split()[1:]
    chosen = np.random.default_rng(0).choice(len(every), arguments.molecules, replace=False)
    smiles = [every[index] for index in chosen]
    torch.manual_seed(0)
    print(describe_machine())
    peer = peer_speed(smiles, arguments.peer_steps)
    print(f"MOSES VAE (characters, GRU 256 / 3x512, batch 512, float32): {peer:,.0f} molecules/s")
    ours, dtype = our_speed(smiles, arguments.seconds)
    print(f"molvae, default configuration ({dtype}): {ours:,.0f} molecules/s")
    print(f"ratio: {ours / peer:.1f}")


if __name__ == "__main__":
    main()
