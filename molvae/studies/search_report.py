"""The folder of a search in, a page about it out: what was sought, how it went, and what was found.

Everything is read from what `optimize_run` wrote, so a search that still runs has a page too. A finished one
has it in its folder.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from molvae.chem.drawing import outlines
from molvae.errors import InputError, SettingsError
from molvae.interfaces import FloatArray
from molvae.optimization.goal import Goal, goal_of_record
from molvae.optimization.ledger import OracleCall, calls_so_far, ranked_calls
from molvae.optimization.pareto import fronts, hypervolume
from molvae.run_folder import RUN_FILE, read_record
from molvae.studies.model_opinion import COMES_BACK
from molvae.studies.optimize_run import MOLECULES_FILE, ORACLE_FILE, PAGE_FILE, sought_value
from molvae.studies.page.document import Section, facts_of, figure_of, gallery_of, page_of, table_of
from molvae.whole_files import write_whole

#: Molecules drawn, rows of the table, calls on the picture, and steps of the best one's descent.
NUM_DRAWN, NUM_ROWS, NUM_POINTS, MAX_STEPS = 24, 30, 3_000, 12
#: A call is a success of its operator if it is among so large a share of the best.
BEST_SHARE = 0.1
COLORS = ("#1f6f8b", "#d1495b", "#edae49", "#66a182", "#8d6a9f", "#9aa7b5", "#2e4057")


def is_search(folder: Path) -> bool:
    """Whether a folder is that of a search."""
    return (folder / ORACLE_FILE).is_file()


def write_search_page(folder: Path) -> Path:
    """Puts the page of a search into its folder, and returns where it is.

    Raises:
        InputError: as `search_page` does.
        CheckpointError: the page can't be written.
    """
    path = folder / PAGE_FILE
    write_whole({path: search_page(folder).encode()}, remedy="free some space, and go on with --resume")
    return path


def search_page(folder: Path) -> str:
    """The HTML of the page.

    Raises:
        InputError: no call has a score, or a file of the search is damaged.
    """
    record = _record(folder)
    calls = calls_so_far(folder / ORACLE_FILE, record["objective"])
    scored = [call for call in calls if call.is_answer]
    if not scored:
        raise InputError(
            f'"{folder / ORACLE_FILE}" has no molecule with a score that keeps the constraints: there is '
            "nothing to report yet"
        )
    goal = _goal(folder, record)
    aims = goal.aims
    ranked = ranked_calls(scored, aims)
    table = _molecules(folder)
    column = None if goal.plain is None else goal.plain.column
    sections = [
        Section("What was sought", "", [facts_of(_facts(record, calls))]),
        *([_front(ranked, aims)] if aims else []),
        _best(ranked, table, column, is_front=bool(aims)),
        _course(scored),
        _operators(ranked),
        _descent(ranked[0], calls, column),
        *_rows(table),
    ]
    best = [sought_value(column, call) for call in sorted(scored, key=lambda call: -call.score)[:10]]
    lead = (
        f"{len(scored):,} molecules scored, the best {best[0]:.4g}, the ten best from {min(best):.4g} to "
        f"{max(best):.4g}."
    )
    return page_of(folder.resolve().name, lead, sections)


def _front(ranked: list[OracleCall], aims: tuple[str, ...]) -> Section:
    """Every molecule by its first two aims, and the front."""
    import plotly.graph_objects as go

    values = np.array([call.aims(aims) for call in ranked])
    is_best = fronts(values) == 1
    figure = go.Figure()
    shown: list[int] = []
    for name, rows, color in (("others", ~is_best, COLORS[5]), ("the front", is_best, COLORS[1])):
        places = np.flatnonzero(rows)[:NUM_POINTS]
        first = len(shown)
        shown += places.tolist()
        figure.add_trace(
            go.Scattergl(
                x=values[places, 0],
                y=values[places, 1],
                customdata=list(range(first, len(shown))),
                mode="markers",
                name=name,
                marker={"size": 7, "opacity": 0.7, "color": color},
            )
        )
    figure.update_layout(
        template="plotly_white",
        margin={"l": 50, "r": 10, "t": 20, "b": 40},
        xaxis_title=aims[0].replace("_", " "),
        yaxis_title=aims[1].replace("_", " "),
        legend={"orientation": "h", "y": -0.18},
    )
    drawings = [one.to_json() for one in outlines([ranked[place].smiles for place in shown])]
    text = (
        f"{int(is_best.sum()):,} molecules that none is better than in every aim: a hypervolume of "
        f"{hypervolume(values[is_best]):.3f}, where 1 would be all of each aim. Point at one to see it."
    )
    if len(aims) > 2:
        text += f" The picture shows two of {len(aims)} aims."
    return Section("The front", text, [figure_of(figure, drawings, height=480)])


def _molecules(folder: Path) -> pd.DataFrame | None:
    """The table of the molecules; None until the search has ended once."""
    path = folder / MOLECULES_FILE
    if not path.is_file():
        return None
    try:
        return pd.read_csv(path)
    except ValueError as error:
        raise InputError(f'"{path}" is damaged: write it anew with optimize --resume') from error


def _record(folder: Path) -> dict[str, Any]:
    record = read_record(folder) or {}
    if "objective" in record and record.get("goal") is None:
        raise InputError(
            f'"{folder}" is of a search by an earlier molvae, which did not say its goal: begin it anew'
        )
    is_whole = isinstance(record.get("goal"), dict) and type(record.get("budget", 0)) is int
    if "objective" not in record or not is_whole:
        raise InputError(
            f'"{folder / RUN_FILE}" does not say what the search was for: give the folder that molvae '
            "optimize wrote"
        )
    return record


def _goal(folder: Path, record: dict[str, Any]) -> Goal:
    try:
        return goal_of_record(record["goal"], f'"{folder / RUN_FILE}"')
    except (TypeError, AttributeError, SettingsError) as error:
        raise InputError(f'"{folder / RUN_FILE}" is damaged, at the goal: begin the search anew') from error


def _facts(record: dict[str, Any], calls: list[OracleCall]) -> dict[str, str]:
    failed = sum(call.has_failed for call in calls)
    broken = sum(call.breaks_constraint for call in calls)
    facts = {
        "objective": record["objective"],
        "optimizer": record.get("optimizer", ""),
        "budget": f"{record['budget']:,} calls" if "budget" in record else "",
        "calls": f"{len(calls):,}, of which {failed:,} gave no score",
        "break a constraint": f"{broken:,}" if broken else "",
        "began at": ", ".join(record.get("starts", [])[:5]) or "draws of the prior",
        "seed": str(record.get("seed", "")),
    }
    return {name: fact for name, fact in facts.items() if fact}


def _best(
    ranked: list[OracleCall], table: pd.DataFrame | None, column: str | None, *, is_front: bool
) -> Section:
    shown = ranked[:NUM_DRAWN]
    doubted: set[str] = set()
    if table is not None and COMES_BACK in table:
        doubted = set(table["smiles"][~table[COMES_BACK].astype(bool)])
    captions = [
        f"{place}: {sought_value(column, call):.4g}{', not in the model' if call.smiles in doubted else ''}"
        for place, call in enumerate(shown, start=1)
    ]
    text = f"The {len(shown)} best, by {'their scores' if column is None else column}."
    if is_front:
        text = f"The first {len(shown)}, front by front, the most balanced first, with their scores."
    if doubted:
        text += (
            " Where it says so, the model does not decode the molecule's own code to it: what it predicts of "
            "such a molecule counts for little."
        )
    return Section("The best molecules", text, [gallery_of([call.smiles for call in shown], captions)])


def _course(scored: list[OracleCall]) -> Section:
    """Every call, by operator, and the best so far."""
    import plotly.graph_objects as go

    best = np.maximum.accumulate([call.score for call in scored])
    rows = np.unique(np.linspace(0, len(scored) - 1, NUM_POINTS).astype(int)).tolist()
    shown = [scored[row] for row in rows]
    figure = go.Figure()
    for place, operator in enumerate(dict.fromkeys(call.operator for call in shown)):
        places = [row for row, call in enumerate(shown) if call.operator == operator]
        points = go.Scattergl(
            x=[shown[row].number for row in places],
            y=[shown[row].score for row in places],
            customdata=places,
            mode="markers",
            name=operator,
            marker={"size": 5, "opacity": 0.6, "color": COLORS[place % len(COLORS)]},
        )
        figure.add_trace(points)
    numbers = [call.number for call in scored]
    figure.add_trace(go.Scatter(x=numbers, y=best, mode="lines", name="best so far", line={"color": "#222"}))
    figure.update_layout(
        template="plotly_white",
        margin={"l": 50, "r": 10, "t": 20, "b": 40},
        xaxis_title="call",
        yaxis_title="score",
        legend={"orientation": "h", "y": -0.18},
    )
    drawings = [one.to_json() for one in outlines([call.smiles for call in shown])]
    text = "Every scored molecule, colored by what proposed it: point at one to see it."
    if len(shown) < len(scored):
        text = f"{len(shown):,} of the {len(scored):,} scored molecules, colored by what proposed them."
    return Section("How it went", text, [figure_of(figure, drawings, height=480)])


def _operators(ranked: list[OracleCall]) -> Section:
    scores: FloatArray = np.array([call.score for call in ranked])
    best = set(range(max(1, round(BEST_SHARE * len(ranked)))))
    rows: list[dict[str, Any]] = []
    for operator in dict.fromkeys(call.operator for call in sorted(ranked, key=lambda call: call.number)):
        places = [row for row, call in enumerate(ranked) if call.operator == operator]
        rows.append(
            {
                "operator": operator,
                "molecules": len(places),
                "of them among the best tenth": len(best.intersection(places)) / len(places),
                "median score": float(np.median(scores[places])),
                "best score": float(scores[places].max()),
            }
        )
    text = "How often each operator was used, and what it found."
    return Section("What proposed them", text, [table_of(pd.DataFrame(rows))])


def _descent(best: OracleCall, calls: list[OracleCall], column: str | None) -> Section:
    """From which molecules the best one came."""
    by_smiles = {call.smiles: call for call in calls}
    line = [best]
    while len(line) < MAX_STEPS and line[-1].parent in by_smiles and line[-1].parent != line[-1].smiles:
        line.append(by_smiles[line[-1].parent])
    line.reverse()
    captions = [
        f"{call.operator}, call {call.number:,}: {call.error or f'{sought_value(column, call):.4g}'}"
        for call in line
    ]
    text = f"The best molecule and the {len(line) - 1} before it, each made of the one to its left."
    return Section("Where the best came from", text, [gallery_of([call.smiles for call in line], captions)])


def _rows(table: pd.DataFrame | None) -> list[Section]:
    if table is None or table.empty:
        return []
    shown = table.dropna(axis="columns", how="all").head(NUM_ROWS)
    return [Section("The table", f"The first rows of {MOLECULES_FILE}.", [table_of(shown)])]
