"""Sections in, one HTML file out that needs nothing beside it.

Figures are plotly's, whose program is put into the page where there is one; what a molecule looks like is
shown where a point of a figure carries its outline (`molvae.chem.drawing`), by the few lines of `page.js`.
"""

import html
import itertools
import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

import pandas as pd

from molvae.chem.drawing import molecule_svg
from molvae.errors import MoleculeError

#: Significant digits of a number in a table.
DIGITS = 4


@dataclass(frozen=True)
class Section:
    """A heading, a sentence or two, and pieces of HTML below them.

    Attributes:
        title: the heading.
        text: what there is to see, as plain text.
        pieces: of `table_of`, `figure_of`, `gallery_of` or `grid_of`.
    """

    title: str
    text: str
    pieces: Sequence[str] = field(default=())


def page_of(title: str, lead: str, sections: Sequence[Section]) -> str:
    """The HTML of a page.

    Args:
        title: of the page.
        lead: what stands on top, plain text; an empty line begins a paragraph.
        sections: in order; each gets a line in the contents.
    """
    files = resources.files("molvae.studies.page")
    style, script = (files.joinpath(name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    body = _once("".join(_section(number, section) for number, section in enumerate(sections, 1)))
    contents = "".join(
        f'<li><a href="#s{number}">{html.escape(section.title)}</a></li>'
        for number, section in enumerate(sections, 1)
    )
    plotly = f"<script>{_plotly()}</script>" if 'class="figure"' in body else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{style}</style>{plotly}</head><body>"
        f"<header><h1>{html.escape(title)}</h1>{_paragraphs(lead)}</header>"
        f"<nav><ol>{contents}</ol></nav><main>{body}</main>"
        f'<div id="hover" hidden></div><script>{script}</script></body></html>\n'
    )


def table_of(table: pd.DataFrame) -> str:
    """A table, numbers to a few digits and to the right; it scrolls by itself where the page is narrow."""
    head = "".join(f"<th>{html.escape(str(name))}</th>" for name in table.columns)
    rows = "".join(
        "<tr>" + "".join(_cell(value) for value in row) + "</tr>" for row in table.itertuples(index=False)
    )
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


def figure_of(figure: Any, outlines: Sequence[str] = (), height: int = 460) -> str:
    """A plotly figure; a point whose `customdata` is a number shows that outline (JSON) when pointed at.

    Args:
        figure: a `plotly.graph_objects.Figure`.
        outlines: of `Outline.to_json`.
        height: pixels.
    """
    given = json.loads(figure.to_json())
    content = json.dumps({"data": given["data"], "layout": given["layout"]}, separators=(",", ":"))
    drawn = f"[{','.join(outlines)}]"
    return (
        f'<div class="figure" style="height:{height}px"></div>'
        f'<script type="application/json" class="figure-data">{_in_script(content)}</script>'
        f'<script type="application/json" class="figure-outlines">{_in_script(drawn)}</script>'
    )


def gallery_of(smiles: Sequence[str], captions: Sequence[str]) -> str:
    """Drawings beside one another, as many a row as there is room for, with a caption each."""
    cards = "".join(_card(text, caption) for text, caption in zip(smiles, captions, strict=True))
    return f'<div class="gallery">{cards}</div>'


def grid_of(rows: Sequence[Sequence[str]], marked: Collection[str] = ()) -> str:
    """Drawings in rows and columns that keep their places; `marked` molecules are tinted where they stand."""
    width = max(map(len, rows))
    cards = "".join(
        f'<figure class="{"marked" if text and text in marked else ""}">{_drawing(text, 130, 95)}</figure>'
        for row in rows
        for text in row
    )
    return f'<div class="scroll"><div class="grid" style="--columns:{width}">{cards}</div></div>'


def facts_of(facts: Mapping[str, str]) -> str:
    """Names and what there is to say of each."""
    lines = "".join(f"<dt>{html.escape(k)}</dt><dd>{html.escape(v)}</dd>" for k, v in facts.items())
    return f"<dl>{lines}</dl>"


def statements_of(statements: Sequence[tuple[str, str, str]]) -> str:
    """Sentences, each with a verdict in a word or two, marked by the first of them, and what it stands on."""
    cards = "".join(
        f'<div class="statement {html.escape(verdict.split()[0], quote=True)}"><h3>{html.escape(said)}</h3>'
        f"<p><b>{html.escape(verdict)}</b> {html.escape(shown)}</p></div>"
        for said, verdict, shown in statements
    )
    return f'<div class="statements">{cards}</div>'


def legend_of(colors: Mapping[str, str]) -> str:
    """Names, each behind its color."""
    names = "".join(
        f'<li><i style="background:{html.escape(color, quote=True)}"></i>{html.escape(name)}</li>'
        for name, color in colors.items()
    )
    return f'<ul class="legend">{names}</ul>'


def _once(body: str) -> str:
    """The same page where outlines that were given before are the number of their first place."""
    places: dict[str, int] = {}
    numbers = itertools.count()

    def shortened(found: re.Match[str]) -> str:
        number = next(numbers)
        first = places.setdefault(found[2], number)
        return found[0] if first == number else f"{found[1]}{first}</script>"

    return re.sub(
        r'(<script type="application/json" class="figure-outlines">)(.*?)</script>', shortened, body
    )


def _section(number: int, section: Section) -> str:
    pieces = "".join(section.pieces)
    title = html.escape(section.title)
    return f'<section id="s{number}"><h2>{title}</h2>{_paragraphs(section.text)}{pieces}</section>'


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{html.escape(part.strip())}</p>" for part in text.split("\n\n") if part.strip())


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f'<td class="number">{"" if pd.isna(value) else f"{value:.{DIGITS}g}"}</td>'
    kind = ' class="number"' if isinstance(value, int) else ""
    return f"<td{kind}>{html.escape(str(value))}</td>"


def _card(smiles: str, caption: str) -> str:
    name = html.escape(smiles, quote=True)
    return (
        f'<figure title="{name}">{_drawing(smiles, 200, 140)}<figcaption>{html.escape(caption)}</figcaption>'
        "</figure>"
    )


def _drawing(smiles: str, width: int, height: int) -> str:
    """A drawing, or an empty frame for what is no molecule."""
    try:
        return molecule_svg(smiles, width, height)
    except MoleculeError:
        return f'<svg width="{width}" height="{height}"></svg>'


def _in_script(text: str) -> str:
    """JSON that may stand in a script element."""
    return text.replace("</", "<\\/")


def _plotly() -> str:
    from plotly.offline import get_plotlyjs

    program: str = get_plotlyjs()
    return program
