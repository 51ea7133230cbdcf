"""A lead made better against a real target, and judged by a forest that the search never saw.

    molvae data fetch moleculeace && python scripts/benchmarks/lead_optimization.py zinc250k --out leads

One MoleculeACE set (van Tilborg et al. 2022). MODEL is fine-tuned on its training part, with the pKi as the
head's property; the head's error is that on the test part. The lead is the training molecule whose pKi is
nearest to --lead-pki among those of QED .5 at least. Sought are molecules of higher predicted pKi whose QED
and SA score stay, of Tanimoto --similarity at least to the lead, without PAINS and reactive groups; --budget
molecules are scored by the head.

The judge is a random forest on Morgan fingerprints of the *test* part, whose labels the head has not seen;
its error is that on the training part. Printed for the lead, for the best found, and, as a control, for
neighbors of the lead that the head had no say in: what the head predicts, what the forest does, QED, SA and
similarity.
The folder holds the fine-tuned model, the goal, and the search: `molvae report leads/search --out page.html`.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from benchmark_machine import describe_machine
from bioactivity import SETTINGS, VALID_RATE, fine_tuned, forest_predictions, head_predictions, rmse

from molvae.chem.fingerprints import morgan_bits, tanimoto
from molvae.chem.molecules import canonicalize, parse_smiles
from molvae.commands.tables import in_columns
from molvae.data.bulk import properties_of
from molvae.data.sources import source_file
from molvae.generation.latent_model import MoleculeModel
from molvae.generation.prediction import predict_smiles
from molvae.interfaces import FloatArray
from molvae.optimization.goal import read_goal
from molvae.optimization.goal_objective import goal_objective
from molvae.studies.molecule_tables import BROKEN
from molvae.studies.optimize_run import OptimizeRequest, optimize_molecules
from molvae.training.request import RunSettings

NUM_BEST = 20
#: The sets give minus the logarithm of Ki in nM; with this it is the pKi.
PKI_OF_NANOMOLAR = 9.0
MIN_LEAD_QED = 0.5
GOAL = """[[property]]
name = "y"
source = "predicted"
maximize = true
low = {low:.2f}
high = {high:.2f}
weight = 2

[[property]]
name = "QED"
maximize = true
low = 0.3
high = {qed:.2f}

[[property]]
name = "SA"
minimize = true
low = {sa:.2f}
high = 5

[constraints]
leads = ["{lead}"]
min_similarity = {similarity}
"""


def choose_lead(train: pd.DataFrame, model: MoleculeModel, wanted: float) -> pd.Series:
    """The drug-like training molecule whose label is nearest to the one that is wanted."""
    known = train.iloc[model.readable(train["smiles"].tolist()).places.tolist()]
    known = known.assign(QED=properties_of(known["smiles"].tolist(), ["QED"])[:, 0])
    known = known[known["QED"] >= MIN_LEAD_QED]
    nearest = int(np.abs(known["y"].to_numpy() - wanted).argmin())
    return known.iloc[nearest]


def described(
    label: str, smiles: list[str], lead: str, model: MoleculeModel, test: pd.DataFrame
) -> tuple[dict[str, object], FloatArray]:
    """A row of the table, means over the molecules, and what the forest says of each."""
    bits = morgan_bits([parse_smiles(text) for text in [lead, *smiles]])
    judged = forest_predictions(test, pd.DataFrame({"smiles": smiles}), seed=0)
    qed, sa = properties_of(smiles, ["QED", "SA"]).T
    row: dict[str, object] = {
        "molecules": f"{label} ({len(smiles)})",
        "head": float(np.nanmean(predict_smiles(model, smiles).mean[:, 0])),
        "forest": float(judged.mean()),
        "QED": float(qed.mean()),
        "SA": float(sa.mean()),
        "similarity": float(tanimoto(bits[0], bits[1:]).mean()),
    }
    return row, judged


def main() -> None:
    """Fine-tunes, searches, judges and prints."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model", type=Path, help="what to fine-tune: a model folder, or the name of a model")
    parser.add_argument("--target", default="CHEMBL234_Ki", help="a MoleculeACE set")
    parser.add_argument("--lead-pki", type=float, default=7.0, help="about where the lead should be")
    parser.add_argument("--similarity", type=float, default=0.4, help="least Tanimoto to the lead")
    parser.add_argument("--budget", type=int, default=2_000, help="molecules that the head scores")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True, help="a new folder")
    arguments = parser.parse_args()
    print(describe_machine())
    arguments.out.mkdir(parents=True)
    table = pd.read_csv(source_file("moleculeace", f"{arguments.target}.csv"))
    table["smiles"] = [canonicalize(text) for text in table["smiles"]]
    table["y"] += PKI_OF_NANOMOLAR
    train, test = (table[table["split"] == part][["smiles", "y"]] for part in ("train", "test"))
    own = {"seed": arguments.seed, "split_seed": arguments.seed, "valid_rate": VALID_RATE}
    settings = RunSettings.gathered(SETTINGS | own, {}, "lead optimization")
    model = fine_tuned(arguments.model, train, settings, arguments.out)
    said, _ = head_predictions(model, train, test)
    print(f"head, {len(train)} labels: RMSE on the test part {rmse(said, test['y'].to_numpy()):.3f}", end="")
    print(f" (their mean alone: {rmse(np.full(len(test), train['y'].mean()), test['y'].to_numpy()):.3f})")
    judge_said = forest_predictions(test, train, seed=0)
    print(f"forest, {len(test)} other labels: RMSE {rmse(judge_said, train['y'].to_numpy()):.3f}", end="")
    print(f" (their mean alone: {rmse(np.full(len(train), test['y'].mean()), train['y'].to_numpy()):.3f})")
    lead = choose_lead(train, model, arguments.lead_pki)
    print(f"lead: {lead['smiles']}, pKi {lead['y']:.2f}")

    sa = float(properties_of([lead["smiles"]], ["SA"])[0, 0])
    goal_file = arguments.out / "goal.toml"
    text = GOAL.format(
        low=lead["y"],
        high=train["y"].quantile(0.99),
        qed=lead["QED"],
        sa=sa,
        lead=lead["smiles"].replace("\\", "\\\\"),
        similarity=arguments.similarity,
    )
    goal_file.write_text(text, encoding="utf-8")
    goal = read_goal(goal_file)
    with goal_objective(goal, model) as objective:
        request = OptimizeRequest(
            objective=objective,
            goal=goal,
            starts=[lead["smiles"]],
            optimizer="evolution",
            budget=arguments.budget,
            seed=arguments.seed,
        )
        found = optimize_molecules(model, request, arguments.out / "search").table
    kept = found[found[BROKEN].fillna("") == ""]
    best = [smiles for smiles in kept["smiles"] if smiles not in set(table["smiles"])][:NUM_BEST]
    around = model.neighbors(lead["smiles"], NUM_BEST, similarity=0.5, seed=arguments.seed)
    groups = {
        "the lead": [lead["smiles"]],
        "neighbors of it": around["smiles"].tolist(),
        "the best found": best,
    }
    rows, judged = zip(
        *(described(label, group, lead["smiles"], model, test) for label, group in groups.items()),
        strict=True,
    )
    print(in_columns(pd.DataFrame(rows)))
    print(f"the forest puts {np.mean(judged[2] > judged[0][0]):.2f} of the best found above the lead")


if __name__ == "__main__":
    main()
