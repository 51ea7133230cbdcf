"""What was measured in, the page that tells it out: the answers first, then a section a question."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from molvae.chem.drawing import outlines
from molvae.evaluation.paths import line
from molvae.studies.comparison.questions import QUESTIONS
from molvae.studies.comparison.sampling import OWN_PRIOR, STANDARD_NORMAL
from molvae.studies.comparison.study import Study
from molvae.studies.latent_map import REACH, map_figure, projections, traversal
from molvae.studies.page.document import Section, figure_of, gallery_of, grid_of, page_of, table_of

#: Molecules on a map, down and across a traversal, and on a path.
NUM_MAPPED, NUM_ROWS, NUM_COLUMNS, NUM_STEPS = 1_000, 3, 7, 8
TITLE = "What is the advantage of a VAE over a deterministic autoencoder?"


def study_page(study: Study) -> str:
    """The HTML of the page."""
    sections = [_maps(study)]
    for name, (question, text) in QUESTIONS.items():
        if name in study.tables:
            pieces = [*_pictures(name, study), table_of(with_intervals(study.tables[name]))]
            sections.append(Section(question, text, pieces))
    sections += [_traversals(study), _paths(study)]
    return page_of(TITLE, "\n\n".join(answers(study)), sections)


def with_intervals(table: pd.DataFrame) -> pd.DataFrame:
    """The table with each value and the two ends of its interval in one column, as text.

    >>> with_intervals(pd.DataFrame({"arm": ["AE"], "x": [0.5], "x from": [0.41], "x to": [0.612]}))
      arm                  x
    0  AE  0.5 (0.41-0.612)
    """
    shown = table.copy()
    for name in table.columns:
        low, high = f"{name} from", f"{name} to"
        if low in table.columns and high in table.columns:
            ends = zip(table[name], table[low], table[high], strict=True)
            shown[name] = ["" if pd.isna(v) else f"{v:.3g} ({a:.3g}-{b:.3g})" for v, a, b in ends]
            shown = shown.drop(columns=[low, high])
        if (spread := f"{name} sd") in table.columns:
            shown[name] = [
                text if pd.isna(sd) else _with_spread(text, sd)
                for text, sd in zip(shown[name], table[spread], strict=True)
            ]
            shown = shown.drop(columns=spread)
    return shown


def _with_spread(value: str | float, spread: float) -> str:
    """A value, as text with its interval or as a number, with its standard deviation over seeds.

    >>> _with_spread("0.5 (0.41-0.612)", 0.012), _with_spread(0.25, 0.1)
    ('0.5 ± 0.012 (0.41-0.612)', '0.25 ± 0.1')
    """
    first, *rest = (value if isinstance(value, str) else f"{value:.4g}").split(" ", 1)
    return " ".join([f"{first} ± {spread:.2g}", *rest])


def answers(study: Study) -> list[str]:
    """The plain answers, each with the numbers that carry it."""
    made = study.tables["generation"]
    best = made.loc[made.groupby("arm", sort=False)["FCD"].idxmin()]
    normal = made[made["sampler"].isin((STANDARD_NORMAL, OWN_PRIOR))].set_index("arm")["FCD"]
    told = study.tables["reconstruction"].set_index("arm")
    floor = float(made["FCD of the floor"].min())
    lines = [
        "Trained on the same molecules, with the same tokens, architecture and number of steps; what differs "
        "is the bottleneck. Numbers are of molecules that no arm was trained on.",
        *_seeds(study),
        "Sampling from N(0, I), or the uniform prior of an arm that has one. FCD to unseen molecules, lower "
        f"is better, {floor:.2f} for training molecules themselves: " + _listed(normal, ".1f") + ".",
        "With the sampler that suits each best: "
        + "; ".join(
            f"{row['arm']} {row['FCD']:.1f} ({row['sampler']})" for row in best.to_dict(orient="records")
        )
        + ".",
        "What it costs. Unseen molecules that come back exactly from the mean: "
        + _listed(told["exact, mean"], ".1%")
        + ".",
    ]
    if "land among their own" in study.tables.get("two classes", ()):
        landed = study.tables["two classes"].set_index("arm")["land among their own"]
        lines.append("Unseen molecules of two classes land among their own: " + _listed(landed, ".1%") + ".")
    if "own classes" in study.tables:
        for pair, part in study.tables["own classes"].groupby("classes", sort=False):
            landed = part.set_index("arm")["land among their own"]
            lines.append(
                f"Your classes, {pair}: unseen molecules land among their own: {_listed(landed, '.1%')}."
            )
    for objective, part in study.tables["optimization"].groupby("objective", sort=False):
        scores = _listed(part.set_index("arm")["best ten"], ".3f")
        lines.append(f"Best ten of {part['calls'].iloc[0]:.0f} calls for {objective}: {scores}.")
    mended = study.tables["denoising"]
    mended = mended[mended["rate"] == mended["rate"].max()].set_index("arm")["exact"]
    rate = float(study.tables["denoising"]["rate"].max())
    lines.append(
        f"Molecules with {rate:.0%} of their symbols corrupted come back: " + _listed(mended, ".1%") + "."
    )
    return lines


def _seeds(study: Study) -> list[str]:
    """How often each arm was trained, where any was trained twice."""
    if not study.each_seed:
        return []
    counts = study.tables["reconstruction"].set_index("arm")["seeds"]
    return [
        f"Seeds: {_listed(counts, 'd')}. Figures are means over them; ± is the standard deviation over them, "
        "in brackets stands the 95 % interval over molecules. What is drawn is of the first seed of each arm."
    ]


def _listed(values: "pd.Series[float]", form: str) -> str:
    return "; ".join(f"{arm} {format(value, form)}" for arm, value in values.items())


def _maps(study: Study) -> Section:
    """A map of the same molecules for each arm."""
    pieces = []
    for subject in study.shown:
        smiles = subject.molecules.unseen[:NUM_MAPPED]
        codes, known = subject.unseen[0][:NUM_MAPPED], subject.molecules.unseen_properties[:NUM_MAPPED]
        figure = map_figure(
            projections(codes, subject.seed), {"logP": known[:, 0], "QED": known[:, 1]}, smiles
        )
        figure.update_layout(title={"text": subject.label, "x": 0.98, "xanchor": "right"})
        pieces.append(figure_of(figure, [one.to_json() for one in outlines(smiles)], height=440))
    text = "The same unseen molecules where each arm puts them. Point at one to see it."
    return Section("The latent spaces", text, [_side_by_side(pieces)])


def _side_by_side(pieces: Sequence[str]) -> str:
    return f'<div class="pairs">{"".join(f"<div>{piece}</div>" for piece in pieces)}</div>'


def _pictures(name: str, study: Study) -> list[str]:
    """The picture of a table, where one says more than the numbers."""
    table = study.tables[name]
    if name == "continuity":
        return [_lines(table, "radius, spreads", "Tanimoto", "distance, spreads of the codes", "Tanimoto")]
    if name == "denoising":
        return [_lines(table, "rate", "exact", "share of symbols corrupted", "molecules that come back")]
    if name == "compression":
        return [_lines(table, "bits", "exact", "bits a molecule", "molecules that come back")]
    if name == "generation":
        return [_bars(table, "sampler", "FCD", "FCD (lower is better)"), *_samples(study)]
    if name == "optimization":
        return [_bars(table, "objective", "best ten", "mean score of the best ten (higher is better)")]
    return []


def _lines(table: pd.DataFrame, x: str, y: str, x_title: str, y_title: str) -> str:
    import plotly.graph_objects as go

    figure = go.Figure()
    for arm, part in table.groupby("arm", sort=False):
        above, below = part[f"{y} to"] - part[y], part[y] - part[f"{y} from"]
        bars = {"type": "data", "array": above, "arrayminus": below, "symmetric": False, "thickness": 1}
        figure.add_trace(go.Scatter(x=part[x], y=part[y], error_y=bars, name=str(arm), mode="lines+markers"))
    figure.update_layout(
        template="plotly_white",
        margin={"l": 50, "r": 10, "t": 20, "b": 50},
        xaxis={"title": x_title},
        yaxis={"title": y_title},
        legend={"orientation": "h", "y": -0.2},
    )
    return figure_of(figure, height=420)


def _bars(table: pd.DataFrame, by: str, figure: str, title: str) -> str:
    """A bar an arm and a value of `by`, with the interval, or else the spread over seeds, if there is one."""
    import plotly.graph_objects as go

    bars = go.Figure()
    for name, part in table.groupby(by, sort=False):
        whiskers: dict[str, Any] | None = None
        if f"{figure} from" in part:
            above, below = part[f"{figure} to"] - part[figure], part[figure] - part[f"{figure} from"]
            whiskers = {"array": above, "arrayminus": below, "symmetric": False, "thickness": 1}
        elif f"{figure} sd" in part:
            whiskers = {"array": part[f"{figure} sd"], "thickness": 1}
        bars.add_trace(go.Bar(x=part["arm"], y=part[figure], name=str(name), error_y=whiskers))
    bars.update_layout(
        template="plotly_white",
        barmode="group",
        margin={"l": 50, "r": 10, "t": 20, "b": 50},
        yaxis={"title": title},
        legend={"orientation": "h", "y": -0.25},
    )
    return figure_of(bars, height=420)


def _samples(study: Study) -> list[str]:
    """What each sampler gave for each arm, junk and all."""
    pieces = []
    for (arm, sampler), smiles in study.samples.items():
        shown = list(smiles)[:6]
        pieces.append(f"<h3>{arm}, {sampler}</h3>{gallery_of(shown, [''] * len(shown))}")
    return pieces


def _traversals(study: Study) -> Section:
    """Pages around one molecule for each arm."""
    pieces = []
    for subject in study.shown:
        smiles = subject.molecules.unseen[0]
        codes = subject.unseen[0]
        rows = traversal(subject.model, codes[0], codes, NUM_COLUMNS, NUM_ROWS)
        pieces.append(f"<h3>{subject.label}</h3>{grid_of(rows, marked=smiles)}")
    text = (
        "One unseen molecule, moved along the two principal axes of each latent space, by up to "
        f"{REACH:g} of the codes' spread; tinted where it is itself."
    )
    return Section("Traversals", text, pieces)


def _paths(study: Study) -> Section:
    """The same pair of molecules joined in each latent space."""
    pieces = []
    for subject in study.shown:
        start, end = subject.unseen[0][:2]
        decoded = subject.model.decode(line(start, end, NUM_STEPS))
        pieces.append(f"<h3>{subject.label}</h3>{grid_of([decoded])}")
    text = "The same two unseen molecules, and equal steps on the straight line between their codes."
    return Section("Between two molecules", text, pieces)
