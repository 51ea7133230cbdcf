"""What was measured in, the page that tells it out: the answers first, then a section a question."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pandas as pd

from molvae.studies.comparison.claims import (
    BORNE_OUT,
    NO_DIFFERENCE,
    NOT_SO,
    Claim,
    claims,
    listed,
    pair_of,
)
from molvae.studies.comparison.classes import NUM_MIDPOINTS_EACH
from molvae.studies.comparison.pictures import dials, maps, mended, paths, samples, traversals
from molvae.studies.comparison.questions import QUESTIONS
from molvae.studies.comparison.sampling import OWN_PRIOR, STANDARD_NORMAL
from molvae.studies.comparison.study import Study
from molvae.studies.page.document import Section, figure_of, page_of, statements_of, table_of

TITLE = "What is the advantage of a VAE over a deterministic autoencoder?"


def study_page(study: Study) -> str:
    """The HTML of the page."""
    found = claims(study.tables, NUM_MIDPOINTS_EACH * study.shown[0].extent.num_around)
    sections = [*_statements(found), maps(study)]
    for name, (question, text) in QUESTIONS.items():
        if name in study.tables:
            pieces = [*_pictures(name, study), table_of(with_intervals(study.tables[name]))]
            sections.append(Section(question, text, pieces))
    sections.append(traversals(study))
    return page_of(TITLE, "\n\n".join([*_in_short(found, study), *answers(study)]), sections)


def with_intervals(table: pd.DataFrame) -> pd.DataFrame:
    """The table with each value and the two ends of its interval in one column, as text.

    >>> with_intervals(pd.DataFrame({"arm": ["AE"], "x": [0.5], "x from": [0.41], "x to": [0.612]}))
      arm                     x
    0  AE  0.5 (0.41 to 0.612)
    """
    shown = table.copy()
    for name in table.columns:
        low, high = f"{name} from", f"{name} to"
        if low in table.columns and high in table.columns:
            ends = zip(table[name], table[low], table[high], strict=True)
            shown[name] = ["" if pd.isna(v) else f"{v:.3g} ({a:.3g} to {b:.3g})" for v, a, b in ends]
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

    >>> _with_spread("0.5 (0.41 to 0.612)", 0.012), _with_spread(0.25, 0.1)
    ('0.5 ± 0.012 (0.41 to 0.612)', '0.25 ± 0.1')
    """
    first, *rest = (value if isinstance(value, str) else f"{value:.4g}").split(" ", 1)
    return " ".join([f"{first} ± {spread:.2g}", *rest])


def answers(study: Study) -> list[str]:
    """The figures of every arm that stand on top."""
    made = study.tables["generation"]
    best = made.loc[made.groupby("arm", sort=False)["FCD"].idxmin()]
    normal = made[made["sampler"].isin((STANDARD_NORMAL, OWN_PRIOR))].set_index("arm")["FCD"]
    told = study.tables["reconstruction"].set_index("arm")
    floor = float(made["FCD of the floor"].min())
    lines = [
        "Trained on the same molecules, with the same tokens, architecture and number of steps; what differs "
        "is the bottleneck. Numbers are of molecules that no arm was trained on.",
        *_seeds(study),
        "Unseen molecules that come back exactly from the mean: " + listed(told["exact, mean"], ".1%") + ".",
        "Sampling from N(0, I), or the uniform prior of an arm that has one. FCD to unseen molecules, lower "
        f"is better, {floor:.2f} for training molecules themselves: " + listed(normal, ".1f") + ".",
        "With the sampler that suits each best: "
        + "; ".join(
            f"{row['arm']} {row['FCD']:.1f} ({row['sampler']})" for row in best.to_dict(orient="records")
        )
        + ".",
    ]
    if "own classes" in study.tables:
        for pair, part in study.tables["own classes"].groupby("classes", sort=False):
            landed = part.set_index("arm")["land among their own"]
            lines.append(
                f"Your classes, {pair}: unseen molecules land among their own: {listed(landed, '.1%')}."
            )
    return lines


def _in_short(found: Sequence[Claim], study: Study) -> list[str]:
    """How many of the claims are borne out, and between whom."""
    pair = pair_of(study.tables)
    if pair is None:
        return []
    counts = Counter(claim.verdict for claim in found)
    exact = study.tables["reconstruction"].set_index("arm")["exact, mean"]
    return [
        f"Of {len(found)} things that are said of autoencoders and VAEs {counts[BORNE_OUT]} are borne out, "
        f"{counts[NOT_SO]} are not so, and {counts[NO_DIFFERENCE]} make no difference that counts: "
        f"between {pair.ae} and {pair.vae}, the VAE that gives back the nearest to as many molecules "
        f"({exact[pair.ae]:.1%} and {exact[pair.vae]:.1%})."
    ]


def _statements(found: Sequence[Claim]) -> list[Section]:
    """The claims, one by one."""
    if not found:
        return []
    text = (
        "Each judged between the two arms named above, and shown for all. Borne out or not so: the 95 % "
        "interval of the difference, over molecules or searches, leaves out 0, and over trainings too "
        "where there are several. Of an FCD half of what it is off is a difference, of answers more than "
        "one and a half are several, and of two compressors the one of as many bits that gives back more "
        "is the better."
    )
    return [Section("What is said, and what was measured", text, [statements_of(found)])]


def _seeds(study: Study) -> list[str]:
    """How often each arm was trained, where any was trained twice."""
    if not study.each_seed:
        return []
    counts = study.tables["reconstruction"].set_index("arm")["seeds"]
    return [
        f"Seeds: {listed(counts, 'd')}. Figures are means over them; ± is the standard deviation over them, "
        "in brackets stands the 95 % interval over molecules. Samples are of the first seed of each arm, "
        "other drawings of the first whose weights are there."
    ]


def _pictures(name: str, study: Study) -> list[str]:
    """The picture of a table, where one says more than the numbers."""
    table = study.tables[name]
    if name == "continuity":
        return [
            _lines(table, "radius, spreads", "Tanimoto", "distance, spreads of the codes", "Tanimoto"),
            *dials(study),
        ]
    if name == "denoising":
        return [
            _lines(table, "rate", "exact", "share of symbols corrupted", "molecules that come back"),
            *mended(study),
        ]
    if name == "compression":
        return [_lines(table, "bits", "exact", "bits a molecule", "molecules that come back")]
    if name == "generation":
        return [_bars(table, "sampler", "FCD", "FCD (lower is better)"), *samples(study)]
    if name == "optimization":
        return [_bars(table, "objective", "best ten", "mean score of the best ten (higher is better)")]
    if name == "interpolation":
        return paths(study)
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
