"""Reports opened by what people open them with: HTML in a browser, PDF pages drawn and read."""

import os
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from bulltui.domain.errors import UsageError
from bulltui.domain.text import visible
from bulltui.reports.form import Form
from bulltui.reports.page import Cell, Column, Page, Section, Table
from bulltui.reports.pdf import pdf_of
from bulltui.reports.writing import written
from tests.reports.hostile import NAMES, hostile
from tests.reports.week import week

DARK = (0x14, 0x18, 0x1E)
"""The colour of a page in the dark: that it shows says that the style was applied."""


def tool(*names: str) -> str:
    """The first of these commands that is here. Where none is, the test is skipped, and in CI it fails."""
    for name in names:
        if found := shutil.which(name):
            return found
    if os.environ.get("CI") == "true":
        pytest.fail(f"{names[0]} must be there in CI")
    pytest.skip(f"there is no {names[0]}")


def test_a_browser_shows_it_in_the_dark_and_has_nothing_to_complain_of(tmp_path: Path) -> None:
    from PIL import Image

    browser = tool("chromium", "chromium-browser", "google-chrome")
    page = tmp_path / "report.html"
    page.write_bytes(written(hostile(), Form.HTML, top=50))
    done = subprocess.run(
        [
            *(
                browser,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--hide-scrollbars",
                "--window-size=900,1200",
            ),
            *(
                "--blink-settings=preferredColorScheme=0",
                "--enable-logging=stderr",
                f"--user-data-dir={tmp_path / 'user'}",
            ),
            *(f"--screenshot={tmp_path / 'page.png'}", "--dump-dom", str(page)),
        ],
        capture_output=True,
        text=True,
        timeout=90,
        check=True,
        errors="replace",
        env={**os.environ, **dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"), str(tmp_path))},
    )
    assert "CONSOLE" not in done.stderr, done.stderr
    assert "<title>Queues, week to 2026-11-27 14:45</title>" in done.stdout  # no name ran as a script
    assert done.stdout.count("<svg ") == 6
    assert "<script" not in done.stdout
    assert "<img" not in done.stdout
    with Image.open(tmp_path / "page.png") as picture:
        shown = picture.convert("RGB")
        assert shown.size == (900, 1200)
        assert shown.getpixel((2, 2)) == DARK
        assert len(shown.getcolors(1_000_000) or ()) > 100


@pytest.fixture(scope="module")
def pdf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pdf") / "week.pdf"
    path.write_bytes(written(week(), Form.PDF))
    return path


def text_of(path: Path) -> str:
    done = subprocess.run(
        [tool("pdftotext"), "-layout", str(path), "-"], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout


def test_pdf_pages_have_the_numbers(pdf: Path) -> None:
    made, text = week(), text_of(pdf)
    assert made.before is not None
    for tally in (made.total, made.before):
        for number in (tally.added, tally.completed, tally.failed, tally.retried):
            assert f"{number:,}" in text
    for line in made.queues:
        assert f"{line.now.failed:,}" in text
    pages = text.count("\f")
    assert re.findall(r"(\d+) ?/ ?(\d+)\n", text) == [(str(page), str(pages)) for page in range(1, pages + 1)]
    assert "Throughput, jobs/min" in text
    assert "\\u{" not in text  # all of it can be written in the font
    assert len(pdf.read_bytes()) < 100_000


def test_no_pdf_page_is_blank_and_charts_are_drawn_in_colours(pdf: Path) -> None:
    from PIL import Image

    subprocess.run([tool("pdftoppm"), "-r", "40", "-png", str(pdf), str(pdf.parent / "page")], check=True, timeout=60)
    pages = sorted(pdf.parent.glob("page-*.png"))
    assert 2 <= len(pages) <= 5
    for number, path in enumerate(pages):
        with Image.open(path) as picture:
            found = cast("list[tuple[int, tuple[int, int, int]]]", picture.convert("RGB").getcolors(1_000_000))
        colours = {colour: count for count, colour in found}
        ink = sum(count for colour, count in colours.items() if min(colour) < 200)
        assert ink > 500, path
        blues = sum(count for (red, _, blue), count in colours.items() if blue > red + 60)
        assert (blues > 100) == (number == 0), path  # the lines of charts, all on the first page


def test_names_in_any_script_are_in_a_pdf(tmp_path: Path) -> None:
    path = tmp_path / "hostile.pdf"
    path.write_bytes(written(hostile(), Form.PDF, top=50))
    text = re.sub(r"\s", "", text_of(path))
    for name in ("\\u{652f}\\u{6255}", "\\u{1f680}launch", "\\u{5e9}\\u{5dc}", "document.title='broken'", "x" * 100):
        assert name in text, name
    assert "Signsthatthefontofthisfilelacks" in text
    assert "--fontFILE" in text


def font(path: Path, letters: str) -> str:
    """A font with ASCII and these letters, each of them a box."""
    from fontTools.fontBuilder import FontBuilder
    from fontTools.pens.ttGlyphPen import TTGlyphPen

    signs = {ord(sign): f"u{ord(sign):04X}" for sign in (*map(chr, range(32, 127)), *letters)}
    names = [".notdef", *signs.values()]
    pen = TTGlyphPen(None)
    for at, place in enumerate(((50, 0), (50, 700), (450, 700), (450, 0))):
        (pen.lineTo if at else pen.moveTo)(place)
    pen.closePath()
    box = pen.glyph()
    made = FontBuilder(1000, isTTF=True)
    made.setupGlyphOrder(names)
    made.setupCharacterMap(signs)
    made.setupGlyf(dict.fromkeys(names, box))
    made.setupHorizontalMetrics(dict.fromkeys(names, (500, 50)))
    made.setupHorizontalHeader(ascent=800, descent=-200)
    made.setupNameTable({"familyName": "Boxes", "styleName": "Regular"})
    made.setupOS2(sTypoAscender=800, sTypoDescender=-200, usWinAscent=800, usWinDescent=200, sCapHeight=700)
    made.setupPost()
    made.save(path)
    return str(path)


def test_a_font_of_ones_own_has_the_letters_that_it_has(tmp_path: Path) -> None:
    path = tmp_path / "own.pdf"
    made = replace(week(), missing=("Очередь Ωμέγα, 支払い, שלום", visible(NAMES[3])))
    path.write_bytes(written(made, Form.PDF, font=font(tmp_path / "boxes.ttf", "ОчередьΩμέγα支שלום−—×±")))
    text = re.sub(r"\s", "", text_of(path))
    assert "ОчередьΩμέγα,支" in text
    assert "\\u{6255}\\u{3044}" in text  # it has no such letters
    assert "\\u{5e9}\\u{5dc}\\u{5d5}\\u{5dd}" in text  # it has, and nothing here could put them in their order
    assert "\\e[31mred" in text
    assert "--fontFILE" not in text


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the library leaves it open
def test_a_font_that_is_none_is_told(tmp_path: Path) -> None:
    for name, content in (("none.ttf", None), ("text.ttf", b"no font at all")):
        if content:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(UsageError, match="is no font that can be used"):
            written(week(), Form.PDF, font=str(tmp_path / name))


@pytest.mark.parametrize("sign", ["L", "W ", "wide word " * 3 + "w" * 17, "\u202e"])
def test_a_name_that_is_longer_than_a_page_is_told_with_how_much_more_there_is(tmp_path: Path, sign: str) -> None:
    long = visible((sign * 10_000)[:10_000])
    columns = (Column("Queue", wide=True), Column("Rule"), Column("What", wide=True), Column("Jobs", right=True))
    rows = (
        (Cell(long), Cell("failing"), Cell(f"{long}: 3 failed."), Cell("3")),
        (Cell("mail"), Cell(long), *[Cell("x")] * 2),
    )
    for number, table in enumerate((Table(columns, rows), Table(columns[:1], ((Cell(long),),)))):
        path = tmp_path / f"{number}.pdf"
        path.write_bytes(pdf_of(Page("Queues", (), (), (), (Section("All", table=table),)), made_ms=0))
        assert "more signs)" in " ".join(text_of(path).split())
