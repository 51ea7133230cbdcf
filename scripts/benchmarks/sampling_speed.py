"""How many canonical SMILES a second a model samples, end to end, and the floor under that.

    python scripts/benchmarks/sampling_speed.py MODEL [-n 20000] [--strict]

End to end: draws from the prior, decoding, SELFIES to SMILES, RDKit's parsing and canonical form. The floor
is what the arithmetic alone would take: the networks' matrix products at the rate this machine multiplies
such matrices, and the chemistry of the same molecules timed alone, divided by the cores. Where the prior is a
language model, what it writes is read, taken to SELFIES and back, and encoded; what the decoder gives back
as it was written is not read again.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from typing import Any

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
from molvae.generation.sampling import prior_draws

#: Molecules that the parts are timed on.
NUM_TIMED = 2000


def gru_products(hidden_dim: int, num_layers: int, vocab_size: int) -> float:
    """Floating-point operations of a writing GRU's matrix products a token."""
    recurrent = num_layers * 3 * hidden_dim * hidden_dim + (num_layers - 1) * 3 * hidden_dim * hidden_dim
    return 2.0 * (recurrent + hidden_dim * vocab_size)


def decoder_products(model: MoleculeModel) -> float:
    """Those of the decoder."""
    sizes = model.network.settings
    return gru_products(sizes.decoder_dim, sizes.decoder_layers, model.tokenizer.vocab_size)


def writer_products(model: MoleculeModel) -> float:
    """Those of what writes the prior's molecules: the language model, or the decoder."""
    if model.language_model is None:
        return decoder_products(model)
    decoder = model.language_model.network.decoder
    num_layers = decoder.first_states.out_features // decoder.logits.in_features
    return gru_products(decoder.logits.in_features, num_layers, decoder.logits.out_features)


def matrix_rate() -> float:
    """Floating-point operations a second of a product of the decoder's shape, in float32."""
    left, right = torch.randn(1000, 512), torch.randn(512, 1536)
    for _ in range(5):
        left @ right
    started = time.perf_counter()
    for _ in range(50):
        left @ right
    return 50 * 2.0 * 1000 * 512 * 1536 / (time.perf_counter() - started)


def timed(function: Callable[[Any], Any], items: Sequence[Any]) -> tuple[list[Any], float]:
    """What a function makes of each item, and the seconds that takes all of them on all cores."""
    with silenced_rdkit():
        started = time.perf_counter()
        found = [function(item) for item in items]
        return found, (time.perf_counter() - started) / num_cores()


def reading_seconds(strings: Sequence[str]) -> dict[str, float]:
    """Seconds that it takes to make canonical SMILES of SELFIES."""
    decoded, unpacking = timed(selfies.decoder, strings)
    mols, parsing = timed(Chem.MolFromSmiles, decoded)
    _, writing = timed(Chem.MolToSmiles, mols)
    return {"selfies.decoder": unpacking, "RDKit parsing": parsing, "canonical SMILES": writing}


def prior_seconds(model: MoleculeModel, written: Sequence[str], rate: float) -> dict[str, float]:
    """Seconds of a prior that is a language model, for the molecules that it wrote, as canonical SMILES."""
    mols, parsing = timed(Chem.MolFromSmiles, written)
    texts, canonical = timed(Chem.MolToSmiles, mols)
    strings, packing = timed(selfies.encoder, texts)
    there_and_back = sum(reading_seconds(strings).values())
    lengths = model.readable(list(written)).arrays.lengths
    if model.language_model is not None:
        tokens = int(model.language_model.tokens_of(list(written)).lengths.sum())
    else:
        tokens = int(lengths.sum())
    sizes = model.network.settings
    encoder = 2 * 2.0 * 3 * sizes.encoder_dim * sizes.encoder_dim
    return {
        "writing, products": (tokens + len(written)) * writer_products(model) / rate,
        "reading what is written": parsing + canonical + packing + there_and_back,
        "encoding, products": int(lengths.sum()) * encoder / rate,
    }


def main() -> None:
    """Samples, times the parts alone, and prints both."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
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

    latents, known = prior_draws(model, NUM_TIMED, np.random.default_rng(1))
    started = time.perf_counter()
    ids, lengths = model.network.decoder.generate(
        torch.from_numpy(latents), max_length=model.max_length, levels=torch.zeros(NUM_TIMED)
    )
    network = (time.perf_counter() - started) / NUM_TIMED
    strings = to_texts(ids.numpy(), lengths.numpy(), model.tokenizer)
    rate = matrix_rate()
    seconds = prior_seconds(model, list(known.values()), rate) if known else {}
    seconds["decoding, products"] = float(lengths.sum() + NUM_TIMED) * decoder_products(model) / rate
    seconds |= reading_seconds([text for text in strings if text not in known])
    for name, value in seconds.items():
        print(f"floor, {name}: {1e6 * value / NUM_TIMED:.0f} us a molecule")
    floor = NUM_TIMED / sum(seconds.values())
    print(f"decoder as it runs: {1e6 * network:.0f} us a molecule, {lengths.float().mean():.1f} tokens each")
    print(f"floor: {floor:,.0f} molecules/s; reached: {speed / floor:.0%} of it")


if __name__ == "__main__":
    main()
