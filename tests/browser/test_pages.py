"""Pages as a reader has them: opened in Chromium, pointed at, narrowed to a phone.

They take `pip install playwright` and a Chromium on the PATH, and are skipped without; with
MOLVAE_REQUIRE_BROWSER set, as `.ci/run` does, they fail without.
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from molvae.generation.latent_model import MoleculeModel
from molvae.studies.comparison.request import CompareRequest
from molvae.studies.comparison.run import compare
from molvae.studies.model_report import ReportRequest, model_page
from tests.small_study import SMALL

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
DESKTOP, PHONE = (1280, 900), (390, 844)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        program = None
    if program is None:
        missing = "no playwright, or no Chromium on the PATH"
        if os.environ.get("MOLVAE_REQUIRE_BROWSER"):
            pytest.fail(missing)
        pytest.skip(missing)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def pages(
    tiny_model: MoleculeModel, tiny_model_dir: Path, tiny_csv: Path, tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, Path]:
    """A page about a model and one about a study."""
    folder = tmp_path_factory.mktemp("pages")
    about = ReportRequest(title="tiny", data=pd.read_csv(tiny_csv)["smiles"].tolist())
    (folder / "model.html").write_text(model_page(tiny_model, about), encoding="utf-8")
    study = folder / "study"
    compare(
        CompareRequest(
            file=tiny_csv, out=study, cache=folder, models=(tiny_model_dir,), extent=SMALL, num_workers=0
        )
    )
    return {"model": folder / "model.html", "study": study / "report.html"}


@contextmanager
def opened(browser: Any, file: Path, size: tuple[int, int] = DESKTOP) -> Iterator[Any]:
    """The page with all of its figures drawn; complaints and requests of it fail the test at the end."""
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if message.type != "log" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: None if request.url == file.as_uri() else wrong.append(request.url))
    page.goto(file.as_uri())
    for figure in page.locator(".figure").all():  # each is drawn when it comes into sight
        figure.scroll_into_view_if_needed()
        figure.and_(page.locator("[data-drawn]")).wait_for()
    page.evaluate("window.scrollTo(0, 0)")
    yield page
    page.close()
    assert wrong == []


@pytest.mark.parametrize("name", ["model", "study"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_a_page_opens_without_complaint_and_is_no_wider_than_the_screen(
    name: str, size: tuple[int, int], browser: Any, pages: Mapping[str, Path]
) -> None:
    with opened(browser, pages[name], size) as page:
        assert page.locator(".figure .main-svg").count() > 0
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


@pytest.mark.parametrize("name", ["model", "study"])
def test_a_point_of_a_map_shows_its_molecule_while_it_is_pointed_at(
    name: str, browser: Any, pages: Mapping[str, Path]
) -> None:
    with opened(browser, pages[name]) as page:
        point = page.locator(".figure:has(.updatemenu-container) path.point").first
        card = page.locator("#hover")
        point.scroll_into_view_if_needed()
        assert card.is_hidden()
        box = point.bounding_box()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        card.wait_for(state="visible")
        assert card.locator("line").count() > 2
        assert len(card.inner_text()) > 2
        page.mouse.move(1, 1)
        card.wait_for(state="hidden")


def test_the_menu_of_a_map_changes_its_colors(browser: Any, pages: Mapping[str, Path]) -> None:
    with opened(browser, pages["model"]) as page:
        figure = page.locator(".figure:has(.updatemenu-container)").first
        figure.scroll_into_view_if_needed()

        def colors() -> list[str]:
            points = figure.locator("path.point")
            found: list[str] = points.evaluate_all("them => them.map(it => it.style.fill)")
            return found

        before = colors()
        figure.locator(".updatemenu-header").nth(1).click()
        figure.locator(".updatemenu-dropdown-button").nth(1).click()
        page.wait_for_timeout(200)
        assert len(colors()) == len(before) > 100
        assert colors() != before


def test_an_arm_goes_and_comes_with_its_name_in_the_legend(browser: Any, pages: Mapping[str, Path]) -> None:
    with opened(browser, pages["study"]) as page:
        figure = page.locator(".figure:has(.legend)").first
        figure.scroll_into_view_if_needed()
        toggle = figure.locator(".legendtoggle").first
        for state in ("legendonly", True):
            toggle.click()
            page.wait_for_timeout(500)
            assert figure.evaluate("holder => holder.data[0].visible") == state
