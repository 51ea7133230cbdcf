"""How well models reconstruct and how well they sample, by the same decoder: the frontier of the two.

    molvae data fetch moses && python scripts/benchmarks/frontier.py ARM [ARM ...] --out FOLDER

An ARM is a model folder and how its model is sampled: `DIR`, or `DIR,prior=gaussian,level=0.3,temperature=1`
with what is to differ from the model's default prior, no noise and greedy decoding. Measured at that level
and temperature: exact reconstruction of MOSES test molecules from the posterior's mean and from one draw of
it; the share of the prior's latents that decode to the same molecule twice; nats a molecule that the latents
of another one cost; and the MOSES metrics of samples, the FCD beside that of as many training molecules (the
floor).

FOLDER then holds results.csv, results.json with all metrics, and frontier.svg, where published models are
drawn too; the picture needs matplotlib: `pip install ".[benchmarks]"`.
"""

import argparse
import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from benchmark_machine import describe_machine
from frontier_picture import check_library, draw_picture

import molvae
from molvae.commands.tables import in_columns
from molvae.data.cache import cache_folder
from molvae.evaluation.moses import TEST_PARTS, TRAIN, cached_keys, moses_smiles
from molvae.settings import to_dict
from molvae.studies.evaluation import draw
from molvae.studies.frontier import Arm, Yardstick, measure_arm, read_arm

SHOWN = ("reconstruction_mean", "reconstruction_draw", "fcd_test", "fcd_test_floor", "same_twice", "nll_rise")


def moses_yardstick(num_molecules: int, num_samples: int, seed: int) -> Yardstick:
    """MOSES, with so many test molecules to reconstruct and so many samples."""
    parts = {part: moses_smiles(part) for part in TEST_PARTS}
    training = moses_smiles(TRAIN)
    return Yardstick(
        held_out=draw(parts["test"], num_molecules, seed),
        num_samples=num_samples,
        references=parts,
        training=training,
        known=cached_keys(training, cache_folder()).__contains__,
        seed=seed,
        cache=cache_folder(),
    )


def line_of(arm: Arm, yardstick: Yardstick) -> tuple[dict[str, Any], dict[str, Any]]:
    """An arm measured: its line of results.csv, and its object of results.json."""
    model = molvae.load(arm.folder)
    point = measure_arm(model, arm.sampler, yardstick)
    prior = arm.sampler.prior or model.default_prior
    line = {"model": arm.folder.name, **to_dict(arm.sampler), "prior": prior, **point.told}
    return line, {**_known(line), "metrics": _known(point.metrics), "floor": _known(point.floor)}


def _known(values: Mapping[str, Any]) -> dict[str, Any]:
    """What is no NaN, as JSON has none."""
    return {name: value for name, value in values.items() if not pd.isna(value)}


def main(argv: Sequence[str] | None = None) -> None:
    """Measures the arms, and writes what is known after each."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("arms", nargs="+", metavar="ARM", help="DIR[,prior=NAME][,level=S][,temperature=T]")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="a new folder")
    parser.add_argument("--molecules", type=int, default=5000, help="test molecules to reconstruct")
    parser.add_argument("--samples", type=int, default=30_000, help="samples of each arm")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--no-picture", action="store_true", help="only the tables; without matplotlib")
    arguments = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    arms = [read_arm(text) for text in arguments.arms]
    if not arguments.no_picture:
        check_library()
    arguments.out.mkdir(parents=True)
    print(describe_machine())
    yardstick = moses_yardstick(arguments.molecules, arguments.samples, arguments.seed)
    lines, objects = [], []
    for arm in arms:
        line, whole = line_of(arm, yardstick)
        lines.append(line)
        objects.append(whole)
        table = pd.DataFrame(lines)
        table.to_csv(arguments.out / "results.csv", index=False)
        facts = {name: getattr(arguments, name) for name in ("molecules", "samples", "seed")}
        text = json.dumps({"machine": describe_machine(), **facts, "arms": objects}, indent=2)
        (arguments.out / "results.json").write_text(text + "\n", encoding="utf-8")
        if not arguments.no_picture:
            draw_picture(lines, arguments.out / "frontier.svg")
    print(in_columns(table[["model", "prior", "level", "temperature", *SHOWN]]))
    print(f"results: {arguments.out}")


if __name__ == "__main__":
    main()
