"""Is a language model that is told what it is to write better at target values than draws that land there?

    molvae data fetch zinc250k && python scripts/benchmarks/told_language_model.py zinc250k zinc250k

MODEL has a language model as its prior. A copy of that learns further on the molecules of DATA that MODEL was
trained on, told the properties of each, half of them hidden in each draw, so that any can be asked for alone;
the weights are kept in --weights, and used again. Then each target of `target_sampling.py` is sampled as
`molvae sample --target` does, from the prior as it is and from the copy that is told the target: the same
table, two lines a target.
"""

import argparse
import copy
import itertools
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from benchmark_machine import describe_machine
from target_sampling import TARGETS, TOLERANCES, ZINC, line_of, molecules_of
from torch import Tensor, nn

import molvae
from molvae.chem.properties import PropertyArray
from molvae.commands.tables import in_columns
from molvae.data.bulk import properties_of
from molvae.data.dataset import TokenArrays, bucketed_batches
from molvae.errors import SettingsError
from molvae.generation.latent_model import MoleculeModel
from molvae.generation.target_sampling import draw_at_targets
from molvae.generation.targets import read_values
from molvae.generation.tensors import load_weights, read_tensors, write_tensors
from molvae.models.decoder import GRUDecoder
from molvae.models.language_model import LanguageModel
from molvae.training.device import autocast, choose_precision
from molvae.training.schedules import learning_rate_factor

PROPERTIES = ("logP", "QED")
HIDDEN_SHARE = 0.5
BATCH_SIZE, LEARNING_RATE, WEIGHT_DECAY, MAX_GRADIENT_NORM = 256, 1e-3, 1e-4, 10.0
#: All molecules of the data.
EVERY = 10_000_000


class ToldLanguageModel(LanguageModel):
    """A language model told `P` properties: each as a standard score, 0 if hidden, and whether it is told.

    Args:
        untold: where it begins: what it is told changes nothing at first.
        values: properties `(N, P)`, whose means and deviations are the units.
    """

    def __init__(self, untold: LanguageModel, values: PropertyArray) -> None:
        before = untold.decoder
        vocab_size, embedding_dim = before.gates.embedding.weight.shape
        num_layers = len(before.layers)
        super().__init__(vocab_size, embedding_dim, before.logits.in_features, num_layers)
        self.means, self.deviations = values.mean(axis=0), values.std(axis=0)
        told_dim = 2 * len(self.means)
        self.decoder = GRUDecoder(
            vocab_size, embedding_dim, before.logits.in_features, num_layers, latent_dim=told_dim
        )
        state = dict(before.state_dict())
        for name in ("first_states.weight", "latent_gates.weight"):
            state[name] = torch.zeros(len(state[name]), told_dim)
        self.decoder.load_state_dict(state)
        self.request = torch.zeros(told_dim)

    def told(self, values: PropertyArray) -> Tensor:
        """What it is told `(B, 2 P)` of molecules with properties `(B, P)`; NaN for a hidden one."""
        scores = (values - self.means) / self.deviations
        is_told = np.isfinite(scores)
        return torch.from_numpy(np.hstack([np.where(is_told, scores, 0.0), is_told])).float()

    def _nothing(self, num_rows: int) -> Tensor:
        return self.request.expand(num_rows, -1)


def fit(
    model: ToldLanguageModel, arrays: TokenArrays, values: PropertyArray, minutes: float, seed: int
) -> None:
    """Teaches it molecules and their properties `(N, P)` for so long."""
    device = torch.device("cpu")
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    generator = np.random.default_rng(seed)
    started, losses = time.perf_counter(), list[float]()
    model.train()
    for epoch in itertools.count():
        for rows in bucketed_batches(
            np.arange(len(arrays)), arrays.lengths, batch_size=BATCH_SIZE, seed=seed, epoch=epoch
        ):
            share = (time.perf_counter() - started) / (60 * minutes)
            if share >= 1:
                return
            for group in optimizer.param_groups:
                group["lr"] = LEARNING_RATE * learning_rate_factor(share)
            known = np.where(
                generator.random((len(rows), len(PROPERTIES))) < HIDDEN_SHARE, np.nan, values[rows]
            )
            batch = arrays.batch(rows)
            ids, lengths = torch.from_numpy(batch.token_ids), torch.from_numpy(batch.lengths)
            with autocast(device, choose_precision("auto", device)):
                nll = model.decoder(model.told(known), ids, lengths).nll.mean()
            optimizer.zero_grad()
            nll.backward()
            nn.utils.clip_grad_norm_(model.parameters(), MAX_GRADIENT_NORM)
            optimizer.step()
            losses.append(float(nll.detach()))
            if len(losses) % 500 == 0:
                print(
                    f"{share:.0%}, {len(losses)} steps: {np.mean(losses[-500:]):.2f} nats a molecule",
                    flush=True,
                )


def told_model(model: MoleculeModel, arguments: argparse.Namespace) -> ToldLanguageModel:
    """The copy of the model's language model, taught or from its file."""
    assert model.language_model is not None
    smiles = [text for text in molecules_of(arguments.data, EVERY, 0) if text in model.training_keys]
    values = properties_of(smiles, PROPERTIES)
    told = ToldLanguageModel(copy.deepcopy(model.language_model.network), values)
    if arguments.weights.exists():
        load_weights(told, read_tensors(arguments.weights)[0])
    else:
        told.requires_grad_(True)
        fit(told, model.language_model.tokens_of(smiles), values, arguments.minutes, arguments.seed)
        write_tensors(arguments.weights, told.state_dict(), {})
    return told.eval().requires_grad_(False)


def asked(model: MoleculeModel, told: ToldLanguageModel, name: str, value: float) -> MoleculeModel:
    """The model with a prior that is told the target."""
    assert model.language_model is not None
    network = copy.deepcopy(told)
    values = np.array([[value if name == known else np.nan for known in PROPERTIES]])
    network.request = network.told(values)[0]
    return replace(model, language_model=replace(model.language_model, network=network))


def lines_of(
    model: MoleculeModel, told: ToldLanguageModel, arguments: argparse.Namespace
) -> Sequence[dict[str, object]]:
    """The lines of the table."""
    tolerances = read_values(TOLERANCES, "tolerance")
    data = molecules_of(arguments.data, arguments.molecules, arguments.seed)
    values = dict(zip(PROPERTIES, properties_of(data, PROPERTIES).T, strict=True))
    lines: list[dict[str, object]] = []
    for text in TARGETS:
        ((name, value),) = read_values([text], "target").items()
        for way, prior in {"prior": model, "told": asked(model, told, name, value)}.items():
            started = time.perf_counter()
            draws = draw_at_targets(
                prior, arguments.n, {name: value}, tolerances={name: tolerances[name]}, seed=arguments.seed
            )
            seconds = time.perf_counter() - started
            line = line_of(model, draws, data, values[name], arguments.seed)
            lines.append({"way": way, **line, "seconds": seconds})
            print(in_columns(pd.DataFrame(lines[-1:])), flush=True)
    return lines


def main() -> None:
    """Teaches the copy, measures both and prints the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model", help="a model folder, or the name of a model that comes with molvae")
    parser.add_argument("data", help=f"a table of SMILES, or {ZINC}")
    parser.add_argument("--minutes", type=float, default=25.0, help="how long the copy learns")
    parser.add_argument(
        "--weights", type=Path, default=Path("told.safetensors"), help="where the copy is kept"
    )
    parser.add_argument("-n", type=int, default=1000, help="molecules a target")
    parser.add_argument(
        "--molecules", type=int, default=50_000, help="molecules of the data, drawn at random, to be like"
    )
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    print(describe_machine())
    model = molvae.load(arguments.model)
    if model.language_model is None:
        raise SettingsError(f'"{arguments.model}" has no language model; fit one with molvae fit-prior')
    print(in_columns(pd.DataFrame(lines_of(model, told_model(model, arguments), arguments))))


if __name__ == "__main__":
    main()
