"""A report as one file of HTML that loads nothing: no script, no picture and no font of elsewhere, and its own policy
forbids the browser to. Light or dark as the reader has it, and fit to be printed."""

import base64
from hashlib import sha256
from html import escape

from bulltui.reports.drawing import drawing_of
from bulltui.reports.page import Cell, Column, Page, Plot, Section, Table
from bulltui.reports.svg import svg_of

WIDTH, HEIGHT = 560.0, 190.0

STYLE = """
:root { color-scheme: light dark; --page: #fff; --ink: #1d2430; --soft: #5b6675; --rule: #d9dee5; --band: #f4f6f8;
  --first: #0b62c4; --second: #9a5b00; --faint: #98a2b0; --bad: #b3261e; --good: #1a7038; --gap: #e9ecf0;
  --alert: #b3261e; --action: #6b3fa0; }
@media (prefers-color-scheme: dark) { :root { --page: #14181e; --ink: #e4e8ee; --soft: #9aa5b4; --rule: #333b47;
  --band: #1c222a; --first: #69b1ff; --second: #f0b35a; --faint: #66717f; --bad: #ff8a80; --good: #7bd694;
  --gap: #232a33; --alert: #ff8a80; --action: #c3a2f2; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 76rem; padding: 1.5rem; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .75rem; }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; padding-top: .75rem; border-top: 1px solid var(--rule); }
p { margin: .4rem 0; max-width: 60rem; }
p, li { overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: 0 0 1rem; color: var(--soft); }
dt, dd { margin: 0; overflow-wrap: anywhere; }
dd { color: var(--ink); }
.summary { font-size: 1.1rem; max-width: none; }
.warning { border-left: 4px solid var(--bad); background: var(--band); padding: .5rem .75rem; }
.soft { color: var(--soft); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid var(--rule);
  white-space: nowrap; }
thead th { color: var(--soft); font-weight: 600; border-bottom: 2px solid var(--rule); }
tbody tr:nth-child(even) { background: var(--band); }
.right { text-align: right; }
td.wide { white-space: normal; overflow-wrap: anywhere; min-width: 9rem; }
.bad { color: var(--bad); font-weight: 600; }
.good { color: var(--good); }
td.dim { color: var(--soft); }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(28rem, 100%), 1fr)); gap: 1.25rem 1.5rem; }
svg { width: 100%; height: auto; display: block; }
svg text { fill: var(--soft); font-size: 11px; }
svg text.title { fill: var(--ink); font-size: 12px; font-weight: 600; }
svg polyline { fill: none; stroke-linejoin: round; stroke-linecap: round; }
svg .grid { stroke: var(--rule); stroke-width: 1; }
svg polyline.axis { stroke: var(--soft); stroke-width: 1; }
svg .first { stroke: var(--first); stroke-width: 2; }
svg .second { stroke: var(--second); stroke-width: 1.6; stroke-dasharray: 6 3; }
svg .faint { stroke: var(--faint); stroke-width: 1.3; stroke-dasharray: 1.5 3; }
svg .gap { fill: var(--gap); }
svg polyline.alert { stroke: var(--alert); stroke-width: 1; opacity: .45; }
svg polyline.action { stroke: var(--action); stroke-width: 1; stroke-dasharray: 3 3; opacity: .6; }
svg polygon.alert { fill: var(--alert); }
svg polygon.action { fill: var(--action); }
svg .zone { fill: transparent; }
svg rect.zone:hover { fill: var(--first); opacity: .12; }
@media print { @page { size: A4; margin: 14mm; }
  :root { --page: #fff; --ink: #000; --soft: #444; --rule: #bbb; --band: #f4f4f4; --first: #0b62c4;
    --second: #9a5b00; --faint: #888; --bad: #a00; --good: #060; --gap: #e6e6e6; --alert: #a00; --action: #60c; }
  body { padding: 0; max-width: none; font-size: 10pt; }
  .scroll { overflow: visible; }
  .charts { grid-template-columns: 1fr 1fr; gap: .75rem; }
  h2 { break-after: avoid; } tr, svg { break-inside: avoid; } th, td { white-space: normal; padding: .2rem .35rem; } }
"""


def html_of(page: Page) -> str:
    """The whole file."""
    seal = base64.b64encode(sha256(STYLE.encode()).digest()).decode("ascii")
    policy = f"default-src 'none'; style-src 'sha256-{seal}'; base-uri 'none'; form-action 'none'"
    body = [f"<h1>{escape(page.title)}</h1>", _lead(page)]
    body += [f'<p class="warning" role="alert"><strong>Not whole:</strong> {_text(one)}</p>' for one in page.warnings]
    body.append(f'<p class="summary">{_text(" ".join(page.summary))}</p>')
    body += [_section(section) for section in page.sections]
    content = "\n".join(body)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(page.title)}</title>
<style>{STYLE}</style>
</head>
<body>
<main>
{content}
</main>
</body>
</html>
"""


def _text(text: str) -> str:
    """A text that may hold names: whichever way a name is written, it turns nothing around it."""
    return f"<bdi>{escape(text)}</bdi>"


def _lead(page: Page) -> str:
    return "<dl>" + "".join(f"<dt>{escape(name)}</dt><dd>{_text(text)}</dd>" for name, text in page.lead) + "</dl>"


def _section(section: Section) -> str:
    parts = [f"<section>\n<h2>{escape(section.title)}</h2>"]
    if section.sentences:
        parts.append(f'<p class="soft">{_text(" ".join(section.sentences))}</p>')
    if section.plots:
        parts.append(f'<p class="soft">{escape(marks_told(section.plots))}</p>')
        parts.append('<div class="charts">\n' + "\n".join(map(_plot, section.plots)) + "\n</div>")
    if section.table is not None:
        parts.append(_table(section.table))
    if section.items:
        parts.append("<ul>" + "".join(f"<li>{_text(item)}</li>" for item in section.items) + "</ul>")
    return "\n".join([*parts, "</section>"])


def marks_told(plots: tuple[Plot, ...]) -> str:
    """How the charts are read."""
    told = "The dotted line is the time before." if any(line.faint for plot in plots for line in plot.lines) else ""
    if any(plot.marks for plot in plots):
        told += " ▲ an alert began to fire, ◆ something was changed."
    return f"{told} Grey: nothing is known.".strip()


def _plot(plot: Plot) -> str:
    return svg_of(drawing_of(plot, WIDTH, HEIGHT))


def _table(table: Table) -> str:
    head = "".join(f'<th scope="col"{_class(column)}>{escape(column.title)}</th>' for column in table.columns)
    rows = "\n".join(
        "<tr>" + "".join(_cell(*both) for both in zip(row, table.columns, strict=True)) + "</tr>" for row in table.rows
    )
    more = f'\n<p class="soft">{_text(table.more)}</p>' if table.more else ""
    return (
        f'<div class="scroll"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table></div>{more}'
    )


def _cell(cell: Cell, column: Column) -> str:
    return f"<td{_class(column, cell.tone.value)}>{_text(cell.text)}</td>"


def _class(column: Column, *more: str) -> str:
    names = [name for name in ("right" * column.right, "wide" * column.wide, *more) if name]
    return f' class="{" ".join(names)}"' if names else ""
