"""Pages that stand alone: whatever is said is shown as it is, and nothing is fetched."""

import json
import re

import pandas as pd
import plotly.graph_objects as go
import pytest

from molvae.studies.page.document import (
    Section,
    facts_of,
    figure_of,
    gallery_of,
    grid_of,
    legend_of,
    page_of,
    statements_of,
    table_of,
)

NASTY = '<b>&"</script><script>alert(1)</script>'


def test_text_is_shown_and_never_run() -> None:
    pieces = [facts_of({NASTY: NASTY}), table_of(pd.DataFrame({NASTY: [NASTY]})), gallery_of(["C"], [NASTY])]
    pieces += [statements_of([(NASTY, NASTY, NASTY)]), legend_of({NASTY: NASTY})]
    figure = go.Figure(go.Scatter(x=[1], y=[1], text=[NASTY]))
    page = page_of(NASTY, NASTY, [Section(NASTY, NASTY, [*pieces, figure_of(figure)])])
    assert "alert(1)</script>" not in page
    assert page.count("&lt;b&gt;&amp;") >= 8
    (given,) = re.findall(r'class="figure-data">(.*?)</script>', page, re.DOTALL)
    assert json.loads(given)["data"][0]["text"] == [NASTY]


def test_nothing_is_fetched_and_plotly_is_there_where_it_is_needed() -> None:
    plain = page_of("title", "one\n\ntwo", [Section("first", "text"), Section("second", "")])
    assert len(plain) < 20_000
    assert plain.count("<p>") == 3
    assert re.findall(r'<a href="(#s\d)">(\w+)</a>', plain) == [("#s1", "first"), ("#s2", "second")]
    drawn = page_of("title", "", [Section("first", "", [figure_of(go.Figure())])])
    assert "Plotly" in drawn[:2_000_000]
    for page in (plain, drawn):
        markup = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
        assert not re.search(r'(src|href)="(?!#)|url\(|@import', markup)


def test_numbers_of_a_table_have_a_few_digits_and_missing_ones_none() -> None:
    table = table_of(pd.DataFrame({"a": [0.123456, float("nan")], "b": [12345, 1], "c": ["x", "y"]}))
    cells = re.findall(r"<td[^>]*>(.*?)</td>", table)
    assert cells == ["0.1235", "12345", "x", "", "1", "y"]


def test_points_carry_the_outlines_that_are_given() -> None:
    piece = figure_of(go.Figure(), ['[[[0,0,"N"]],[]]', "[[],[]]"])
    (outlines,) = re.findall(r'class="figure-outlines">(.*?)</script>', piece)
    assert json.loads(outlines) == [[[[0, 0, "N"]], []], [[], []]]


def test_outlines_that_are_given_again_are_on_the_page_once() -> None:
    many = ['[[[0,0,"N"]],[]]'] * 30
    figures = [figure_of(go.Figure(), given) for given in (["[[],[]]"], many, many, ["[[],[]]"])]
    page = page_of("title", "", [Section("first", "", figures[:3]), Section("second", "", figures[3:])])
    given = re.findall(r'class="figure-outlines">(.*?)</script>', page)
    assert [json.loads(text) for text in given] == [[[[], []]], [json.loads(text) for text in many], 1, 0]


@pytest.mark.parametrize("marked", [["CCO"], ["CCO", "CCN"], []])
def test_a_grid_keeps_its_places_and_marks_molecules(marked: list[str]) -> None:
    grid = grid_of([["CCO", "", "C1CC"], ["CCO", "CC", "CCN"]], marked)
    assert "--columns:3" in grid
    assert grid.count("<figure") == grid.count("<svg") == 6
    assert grid.count('class="marked"') == (1 + len(marked) if marked else 0)
