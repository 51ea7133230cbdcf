"""The summary of a curated table in, a few lines about what was found in it out."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

#: Elements that are named, at most: those that keep the most rows out.
MAX_ELEMENTS = 8

_STRUCTURE = {
    "with_stereo_centers": "stereo centers",
    "with_stereo_bonds": "stereo bonds",
    "with_charges": "charges",
}


def curation_report(summary: Mapping[str, Any]) -> list[str]:
    """The lines: rows, kept and dropped; then, indented, whatever else there is something to say about.

    Args:
        summary: of a `Curated` or a `Prepared`. What is said of kinds of molecules, and of other limits, is
            about the table before tokenizing: no row has been dropped for an unseen symbol yet.
    """
    facts = summary["facts"]
    details = [
        *(f"{reason}: {num_rows}" for reason, num_rows in summary["dropped"].items()),
        *_listed(
            "molecules with", (f"{name}: {facts[key]}" for key, name in _STRUCTURE.items() if facts[key])
        ),
        *_listed("kept at another max_symbols:", _at_other_limits(facts)),
        *_listed("rows kept out by one element alone:", _elements(facts["rows_with_only_element"])),
        *_listed(
            "cut to their largest fragment (salts, solvents):", _count(facts, "cut_to_largest_fragment")
        ),
        *_listed("rows with more or fewer cells than the header:", _count(facts, "ragged_rows")),
        *_listed("unreadable property values:", _count(facts, "unreadable_values")),
        *_merged(summary["property_columns"], summary["property_kinds"], facts["merged_values"]),
    ]
    head = f'SMILES column "{summary["smiles_column"]}", {summary["summary"]}'
    return [head, *(f"  {line}" for line in details)]


def _listed(title: str, items: Iterable[str]) -> list[str]:
    """One line of all items, or none where nothing is in them."""
    shown = ", ".join(filter(None, items))
    return [f"{title} {shown}"] if shown else []


def _count(facts: Mapping[str, Any], key: str) -> list[str]:
    return [str(facts[key])] if facts[key] else []


def _at_other_limits(facts: Mapping[str, Any]) -> Iterator[str]:
    kept_at: Mapping[str, int] = facts["kept_with_max_symbols"]
    kept_now = kept_at[str(facts["settings"]["max_symbols"])]
    return (f"{kept} at {limit}" for limit, kept in kept_at.items() if kept != kept_now)


def _elements(rows_with: Mapping[str, int]) -> list[str]:
    shown = [f"{num_rows} with {element}" for element, num_rows in list(rows_with.items())[:MAX_ELEMENTS]]
    num_more = len(rows_with) - len(shown)
    return [*shown, f"and {num_more} more elements"] if num_more > 0 else shown


def _merged(
    names: Sequence[str], kinds: Sequence[str], merged: Mapping[str, Mapping[str, float]]
) -> Iterator[str]:
    """For each property, how the values of molecules that stand in several rows agree."""
    for name, kind in zip(names, kinds, strict=True):
        found = merged[name]
        if found["molecules"] == 0:
            continue
        rule = "median" if kind == "regression" else "majority"
        differing = (
            f", differing: {found['differing']} (merged to the {rule})" if found["differing"] > 0 else ""
        )
        # Yes and no are always 1 apart: only numbers have a spread worth knowing.
        has_spread = differing and kind == "regression"
        spread = f", largest spread: {found['largest_spread']:.6g}" if has_spread else ""
        yield f"molecules with {name} measured more than once: {found['molecules']}{differing}{spread}"
