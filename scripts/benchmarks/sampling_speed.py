"""How many canonical SMILES a second a model samples, end to end, and the floor under that.

    python scripts/benchmarks/sampling_speed.py MODEL [-n 20000]

End to end: draws from the prior, decoding, SELFIES to SMILES, RDKit's parsing and canonical form. The floor
is what the arithmetic alone would take: the decoder's matrix products at the rate this machine multiplies
such matrices, and the chemistry of the same molecules timed alone, divided by the cores.
"""

import argparse
import time

import numpy as np
import selfies
import torch
from benchmark_machine import describe_machine
from rdkit import Chem

import molvae
from molvae.chem.molecules import silenced_rdkit
from molvae.data.workers import num_cores
from molvae.generation.decoding import to_texts
from molvae.generation.latent_model import MoleculeModel


def products_per_token(model: MoleculeModel) -> float:
    """Floating-point operations of the decoder's matrix products a token."""
    sizes = model.network.settings
    hidden, layers = sizes.decoder_dim, sizes.decoder_layers
    recurrent = layers * 3 * hidden * hidden + (layers - 1) * 3 * hidden * hidden
    return 2.0 * (recurrent + hidden * model.tokenizer.vocab_size)


def matrix_rate() -> float:
    """Floating-point operations a second of a product of the decoder's shape, in float32."""
    left, right = torch.randn(1000, 512), torch.randn(512, 1536)
    for _ in range(5):
        left @ right
    started = time.perf_counter()
    for _ in range(50):
        left @ right
    return 50 * 2.0 * 1000 * 512 * 1536 / (time.perf_counter() - started)


def main() -> None:
    """Samples, times the parts alone, and prints both."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", help="a model folder")
    parser.add_argument("-n", type=int, default=20_000, help="how many molecules")
    parser.add_argument("--temperature", type=float, default=0.0)
    parser.add_argument("--strict", action="store_true", help="only what the decoder wrote as it stands")
    arguments = parser.parse_args()
    print(describe_machine())
    model = molvae.load(arguments.model)
    model.sample(100)
    started = time.perf_counter()
    smiles = model.sample(arguments.n, temperature=arguments.temperature, strict=arguments.strict, seed=1)
    speed = len(smiles) / (time.perf_counter() - started)
    print(f"end to end: {speed:,.0f} canonical SMILES/s ({len(smiles)} molecules, seed 1)")

    latents = torch.from_numpy(model.sample_latents(2000, np.random.default_rng(1)))
    started = time.perf_counter()
    ids, lengths = model.network.decoder.generate(latents, max_length=model.max_length)
    network = (time.perf_counter() - started) / 2000
    strings = to_texts(ids.numpy(), lengths.numpy(), model.tokenizer)
    tokens = float(lengths.float().mean()) + 1
    seconds = {"network products": tokens * products_per_token(model) / matrix_rate()}
    started = time.perf_counter()
    decoded = [selfies.decoder(text) for text in strings]
    seconds["selfies.decoder"] = (time.perf_counter() - started) / len(strings) / num_cores()
    with silenced_rdkit():
        started = time.perf_counter()
        mols = [Chem.MolFromSmiles(text) for text in decoded]
        seconds["RDKit parsing"] = (time.perf_counter() - started) / len(strings) / num_cores()
        started = time.perf_counter()
        for mol in mols:
            Chem.MolToSmiles(mol)
        seconds["canonical SMILES"] = (time.perf_counter() - started) / len(strings) / num_cores()
    for name, value in seconds.items():
        print(f"floor, {name}: {1e6 * value:.0f} us a molecule")
    floor = 1 / sum(seconds.values())
    print(f"network as it runs: {1e6 * network:.0f} us a molecule, {tokens:.1f} tokens each")
    print(f"floor: {floor:,.0f} molecules/s; reached: {speed / floor:.0%} of it")


if __name__ == "__main__":
    main()
