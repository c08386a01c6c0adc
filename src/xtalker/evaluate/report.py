"""What the suites found, as plain values for JSON and as one HTML file that needs nothing else."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, Final

from xtalker.evaluate.bench import BASELINES, Bench
from xtalker.evaluate.compare import figures_with_intervals, paired
from xtalker.evaluate.suites import SuiteResult, Table, definitions
from xtalker.values.files import whole_file

SCHEMA: Final = "xtalker-evaluate-1"
_ARROWS: Final = {
    "lower": "↓", "higher": "↑", "nearer to perfect": "→ perfect", "nearer to truth": "→ truth", "none": "",
}  # fmt: skip
_ROUNDING, _SMALL = 1e-12, 1e-3
_POLICY: Final = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_STYLE: Final = """
body{font:15px/1.5 system-ui,sans-serif;max-width:1500px;margin:2em auto;padding:0 1em;color:#222}
p,li{max-width:62em}
table{border-collapse:collapse;margin:1em 0;font-size:12px;line-height:1.35;display:block;overflow-x:auto}
th,td{padding:.25em .5em;border-bottom:1px solid #ddd;text-align:right;white-space:nowrap}
th{vertical-align:bottom;white-space:normal}
th:first-child,td:first-child{text-align:left;position:sticky;left:0;background:#fff}
tr.ours td{font-weight:600}small{color:#777;font-weight:400;font-size:10px}img{max-width:100%}
figure{margin:1.5em 0}figcaption{color:#555}
@media(prefers-color-scheme:dark){body,th:first-child,td:first-child{background:#181818;color:#ddd}
figcaption,small{color:#aaa}th,td{border-color:#444}}
"""


def plain_report(bench: Bench, results: Sequence[SuiteResult], about: Mapping[str, Any]) -> dict[str, Any]:
    """Everything as numbers, texts, lists and objects; no NaN.

    Args:
        bench: what was measured.
        results: of the suites.
        about: hardware, versions, command.
    """
    data = bench.dataset
    return _finite({
        "schema": SCHEMA, **about,
        "dataset": {
            "name": data.name, "clips": len(data.clips), "people": list(data.people), "truth": data.about,
            "baselines_learn_from": f"{len(data.training)} training clips",
        },
        "checkpoints": {system.name: dict(system.about) for system in bench.systems},
        "rows": dict(BASELINES),
        "suites": {result.name: _plain_suite(bench, result) for result in results},
    })  # fmt: skip


def _plain_suite(bench: Bench, result: SuiteResult) -> dict[str, Any]:
    return {
        "definitions": definitions(result.figures),
        "tables": [_plain_table(bench, table) for table in result.tables],
        "not_computed": dict(result.not_computed),
        "notes": list(result.notes),
    }


def _plain_table(bench: Bench, table: Table) -> dict[str, Any]:
    return {
        "title": table.title,
        "clips": list(table.clip_names),
        "rows": {name: figures_with_intervals(row) for name, row in table.rows.items()},
        "per_clip": {name: [dict(clip) for clip in row.clips] for name, row in table.rows.items()},
        "comparisons": comparisons(bench, table),
    }


def comparisons(bench: Bench, table: Table) -> list[dict[str, Any]]:
    """Every checkpoint against every other row of its clips, paired; for worsened sound every row against clean."""
    ours = [system.name for system in bench.systems if system.name in table.rows]
    against = [(name, other) for number, name in enumerate(ours) for other in [*ours[number + 1 :], *BASELINES]]
    if not ours and "clean" in table.rows:
        against = [(name, "clean") for name in table.rows if name != "clean"]
    out = []
    for name, other in against:
        if other in table.rows and other != "truth":
            rows = table.rows[name], table.rows[other]
            found = {figure: paired(*rows, figure) for figure in rows[0].figures}
            out.append({"row": name, "minus": other, "figures": {k: v for k, v in found.items() if v is not None}})
    return out


def _finite(value: Any) -> Any:
    """JSON without NaN, numbers to six digits."""
    if isinstance(value, Mapping):
        return {str(key): _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return value


def write_json(path: Path, report: Mapping[str, Any]) -> None:
    """Write the plain report, whole or not at all."""
    with whole_file(path) as part:
        part.write_text(json.dumps(report, indent=1, allow_nan=False) + "\n", encoding="utf-8")


def write_html(path: Path, report: Mapping[str, Any], results: Sequence[SuiteResult]) -> None:
    """Write the page: it opens from disk, asks for nothing on a network, and runs nothing."""
    with whole_file(path) as part:
        part.write_text(html(report, results), encoding="utf-8")


def html(report: Mapping[str, Any], results: Sequence[SuiteResult]) -> str:
    """The page."""
    data = report["dataset"]
    head = [
        f"<h1>{escape(data['name'])}</h1>",
        f"<p>{data['clips']} clips of {len(data['people'])} people ({escape(', '.join(data['people']))}); "
        f"{escape(data['truth'])}. Baselines learn from {escape(data['baselines_learn_from'])}.</p>",
        f"<p>Checkpoints: {escape(', '.join(report['checkpoints']))}. Intervals are 95 %, by bootstrap: first over "
        "people and their clips, then over clips alone; one where both are the same. ↓ lower is better.</p>",
        _details("What was measured with", _listing(_flat(report))),
    ]
    body = [part for result in results for part in _suite(report, result)]
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f'<meta http-equiv=Content-Security-Policy content="{_POLICY}">'
        f"<title>xtalker: {escape(data['name'])}</title><style>{_STYLE}</style><body>"
        + "\n".join([*head, *body])
        + "</body></html>\n"
    )


def _flat(report: Mapping[str, Any]) -> dict[str, str]:
    """Hardware, versions and checkpoints, a line each."""
    out = {}
    for key in ("hardware", "versions", "checkpoints"):
        for name, value in report.get(key, {}).items():
            text = "; ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, dict) else str(value)
            out[f"{key[:-1] if key.endswith('s') else key} {name}"] = text
    return out


def _suite(report: Mapping[str, Any], result: SuiteResult) -> list[str]:
    found = report["suites"][result.name]
    parts = [f"<h2>{escape(result.name)}</h2>"]
    parts += [f"<p>{escape(note)}</p>" for note in result.notes]
    for table in _ordered(found["tables"], found["definitions"]):
        parts += [f"<h3>{escape(table['title'])}</h3>", _table(table, found["definitions"], report)]
        parts.append(_details("Each person", _people(table)))
        parts.append(_details("Paired differences", _differences(table)))
    parts += [_figure(picture.title, picture.caption, picture.png) for picture in result.pictures]
    parts.append(_details("Definitions", _definitions(found["definitions"])))
    if found["not_computed"]:
        parts += ["<h3>Not computed</h3>", _listing(found["not_computed"])]
    return parts


def _table(table: Mapping[str, Any], cards: Mapping[str, Any], report: Mapping[str, Any]) -> str:
    names = _columns(table)
    header = "".join(f"<th>{_broken(n)}<br><small>{_unit(cards[n])}</small></th>" for n in names)
    lines = []
    for row, figures in table["rows"].items():
        ours = " class=ours" if row in report["checkpoints"] else ""
        title = escape(report["rows"].get(row, "checkpoint"))
        cells = "".join(f"<td>{_cell(figures.get(name))}</td>" for name in names)
        lines.append(f"<tr{ours}><td title='{title}'>{escape(row)}</td>{cells}</tr>")
    return f"<table><tr><th>row</th>{header}</tr>{''.join(lines)}</table>"


def _ordered(tables: Sequence[Mapping[str, Any]], cards: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Tables with their columns in the order of the suite's figures, which puts first what is read first."""
    return [
        {
            **table,
            "rows": {row: {n: figures[n] for n in cards if n in figures} for row, figures in table["rows"].items()},
        }
        for table in tables
    ]


def _columns(table: Mapping[str, Any]) -> list[str]:
    return list(next(iter(table["rows"].values()), {}))


def _unit(card: Mapping[str, Any]) -> str:
    unit = card["unit"].partition(";")[0].partition(" (")[0]  # the rest is in the definitions
    return escape(f"{unit if unit != '1' else ''} {_ARROWS[card['direction']]}".strip())


def _broken(name: str) -> str:
    """A name that may go on in the next line."""
    return escape(name).replace("_", "_<wbr>")


def _cell(figure: Mapping[str, Any] | None) -> str:
    if figure is None or figure["value"] is None:
        return "-"
    intervals = [figure[key] for key in ("by_person_95", "by_clip_95") if key in figure]
    texts = dict.fromkeys(f"{_number(low)} to {_number(high)}" for low, high in intervals)
    return f"{_number(figure['value'])}<br><small>{'<br>'.join(texts)}</small>"


def _number(value: float | None) -> str:
    return "-" if value is None else shown(value)


def shown(value: float) -> str:
    """A number of any size in few characters; what rounding leaves of a zero is one."""
    return f"{value:.2e}" if _ROUNDING < abs(value) < _SMALL else f"{value + 0:.3f}"


def _people(table: Mapping[str, Any]) -> str:
    names = _columns(table)
    lines = []
    for row, figures in table["rows"].items():
        people = sorted({person for figure in figures.values() for person in figure.get("per_person", {})})
        for person in people:
            cells = "".join(f"<td>{_number(figures[n].get('per_person', {}).get(person))}</td>" for n in names)
            lines.append(f"<tr><td>{escape(row)}, {escape(person)}</td>{cells}</tr>")
    return f"<table><tr><th>row</th>{''.join(f'<th>{_broken(n)}</th>' for n in names)}</tr>{''.join(lines)}</table>"


def _differences(table: Mapping[str, Any]) -> str:
    names = _columns(table)
    lines = []
    for pair in table["comparisons"]:
        cells = []
        for name in names:
            found = pair["figures"].get(name)
            cells.append("<td>-</td>" if found is None else f"<td>{_cell(found | {'value': found['difference']})}</td>")
        lines.append(f"<tr><td>{escape(pair['row'])} minus {escape(pair['minus'])}</td>{''.join(cells)}</tr>")
    return f"<table><tr><th>rows</th>{''.join(f'<th>{_broken(n)}</th>' for n in names)}</tr>{''.join(lines)}</table>"


def _definitions(cards: Mapping[str, Any]) -> str:
    texts = {
        name: f"{card['quantity']}; {card['region']}. {card['direction']} is better; unit {card['unit']}; over clips: "
        f"{card['over_clips']}. Known failure: {card['known_failure']}"
        for name, card in cards.items()
    }
    return _listing(texts)


def _listing(texts: Mapping[str, str]) -> str:
    return "<ul>" + "".join(f"<li><b>{escape(k)}</b>: {escape(v)}</li>" for k, v in texts.items()) + "</ul>"


def _details(title: str, inside: str) -> str:
    return f"<details><summary>{escape(title)}</summary>{inside}</details>"


def _figure(title: str, caption: str, png: bytes) -> str:
    data = base64.b64encode(png).decode("ascii")
    image = f"<img alt='{escape(title, quote=True)}' src='data:image/png;base64,{data}'>"
    return f"<figure><b>{escape(title)}</b><br>{image}<figcaption>{escape(caption)}</figcaption></figure>"
