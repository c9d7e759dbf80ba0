# SPDX-License-Identifier: Apache-2.0
"""Draws the diagrams of design.md: `python docs/_site/diagrams.py` writes them to docs/images.

Each has its own background, so that it is readable on a light and on a dark page.
"""

from __future__ import annotations

from html import escape
from pathlib import Path

_STYLE = """
  svg { font: 14px system-ui, sans-serif; }
  text { fill: #1f2328; }
  .small { font-size: 12px; }
  .title { font-weight: 600; }
  .page { fill: #ffffff; }
  .frame { fill: none; stroke: #8c959f; stroke-dasharray: 5 4; }
  .java { fill: #fff1e5; stroke: #bc4c00; }
  .c { fill: #ddf4ff; stroke: #0969da; }
  .python { fill: #dafbe1; stroke: #1a7f37; }
  .memory { fill: #f6f8fa; stroke: #57606a; }
  .lane, .arrow { stroke: #57606a; fill: none; }
  .lane { stroke-dasharray: 2 4; }
  .gil { fill: #bf8700; }
  .head { fill: #57606a; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .page { fill: #0d1117; }
    .java { fill: #3d1f0a; }
    .c { fill: #0c2d4d; }
    .python { fill: #0f3320; }
    .memory { fill: #21262d; }
    .frame, .memory, .lane, .arrow { stroke: #8b949e; }
    .head { fill: #8b949e; }
  }
"""
_HEAD = (
    '<marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8"'
    ' orient="auto-start-reverse"><path class="head" d="M0 0 10 5 0 10z"/></marker>'
)


class Drawing:
    """An SVG that is made of boxes, texts and arrows."""

    def __init__(self, width: int, height: int, description: str) -> None:
        self._parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
            f"<title>{escape(description)}</title>",
            f"<style>{_STYLE}</style><defs>{_HEAD}</defs>",
            f'<rect class="page" width="{width}" height="{height}" rx="8"/>',
        ]

    def text(self, x: int, y: int, text: str, kind: str = "", anchor: str = "middle") -> None:
        """Writes one line."""
        self._parts.append(
            f'<text x="{x}" y="{y}" class="{kind}" text-anchor="{anchor}">{escape(text)}</text>'
        )

    def box(self, kind: str, x: int, y: int, width: int, height: int, *lines: str) -> None:
        """Draws a box with centred lines, of which the first is larger."""
        self._parts.append(
            f'<rect class="{kind}" x="{x}" y="{y}" width="{width}" height="{height}" rx="6"/>'
        )
        first = y + height // 2 + 5 - 8 * (len(lines) - 1)
        for number, line in enumerate(lines):
            self.text(x + width // 2, first + 17 * number, line, "small" if number else "")

    def frame(self, x: int, y: int, width: int, height: int, title: str) -> None:
        """Draws the border of a process."""
        self._parts.append(
            f'<rect class="frame" x="{x}" y="{y}" width="{width}" height="{height}" rx="8"/>'
        )
        self.text(x + 12, y + 22, title, "title", "start")

    def line(self, kind: str, *points: tuple[int, int]) -> None:
        """Draws a line through points: a lane, or an arrow."""
        path = " ".join(f"{x},{y}" for x, y in points)
        end = ' marker-end="url(#head)"' if kind == "arrow" else ""
        self._parts.append(f'<polyline class="{kind}" points="{path}"{end}/>')

    def bar(self, x: int, y: int, height: int) -> None:
        """Draws the time for which the GIL is held."""
        self._parts.append(
            f'<rect class="gil" x="{x}" y="{y}" width="6" height="{height}" rx="3"/>'
        )

    def svg(self) -> str:
        """Returns the file."""
        return "\n".join([*self._parts, "</svg>", ""])


def row_path() -> str:
    """Draws how a row crosses on the row path."""
    drawing = Drawing(600, 600, "The path of a row from Flink to Python and back, on one thread")
    java, c, python = 105, 310, 510
    for x, kind, title in ((java, "java", "Java"), (c, "c", "C"), (python, "python", "Python")):
        drawing.line("lane", (x, 50), (x, 585))
        drawing.box(kind, x - 60, 16, 120, 34, title)
    drawing.box("java", 15, 70, 180, 48, "RowData from Flink", "predict(RowData)")
    drawing.line("arrow", (java, 118), (java, 140))
    drawing.box("java", 15, 140, 180, 48, "InputColumns", "one ColumnWriter a field")
    drawing.line("arrow", (java, 188), (java, 212))
    drawing.box("memory", 15, 212, 395, 40, "input columns: Arrow, outside of the heap")
    drawing.line("arrow", (java, 252), (java, 280), (215, 280))
    drawing.text(110, 298, "NativeBridge.predict", "small")
    drawing.box("c", 215, 262, 190, 48, "row_from_columns", "columns become a Row")
    drawing.line("arrow", (405, 286), (430, 286), (430, 344), (440, 344))
    drawing.box("python", 440, 320, 140, 48, "predict(Row)", "the user's class")
    drawing.line("arrow", (440, 358), (430, 358), (430, 402), (405, 402))
    drawing.box("c", 215, 378, 190, 48, "rows_to_arrow", "checks results by OUTPUT")
    drawing.line("arrow", (c, 426), (c, 450))
    drawing.box("memory", 15, 450, 395, 40, "output columns: Arrow, outside of the heap")
    drawing.line("arrow", (java, 490), (java, 514))
    drawing.box("java", 15, 514, 180, 48, "OutputColumns", "GenericRowData to Flink")
    drawing.bar(590, 262, 164)
    drawing.text(583, 255, "GIL held", "small", "end")
    return drawing.svg()


def owners() -> str:
    """Draws the parts of the processes, and who owns what."""
    drawing = Drawing(600, 660, "The parts of a TaskManager and of a worker process, and owners")
    drawing.frame(10, 10, 580, 370, "TaskManager: one process, thread mode")
    drawing.box(
        "java", 30, 50, 250, 56, "function of a subtask", "task thread; versions, batches, errors"
    )
    drawing.box("c", 30, 160, 250, 56, "native function", "Java knows its handle")
    drawing.line("arrow", (155, 106), (155, 160))
    drawing.text(163, 138, "closes", "small", "start")
    drawing.box(
        "memory", 30, 280, 250, 56, "input and output columns", "blocks; Java has bounded views"
    )
    drawing.line("arrow", (155, 216), (155, 280))
    drawing.text(163, 252, "owns", "small", "start")
    drawing.box("python", 340, 50, 230, 56, "private modules", "of the model's directory")
    drawing.box("python", 340, 160, 230, 56, "object of the user's class", "one for each subtask")
    drawing.line("arrow", (280, 188), (340, 188))
    drawing.text(300, 164, "owns", "small")
    drawing.line("arrow", (280, 172), (318, 172), (318, 78), (340, 78))
    drawing.line("arrow", (280, 204), (318, 204), (318, 308), (340, 308))
    drawing.box(
        "python", 340, 280, 230, 56, "shared objects", "context.shared, one for all subtasks"
    )
    drawing.text(455, 126, "counted: freed with the last", "small")
    drawing.text(455, 141, "function that uses them", "small")
    drawing.text(455, 254, "counted in the same way", "small")
    drawing.text(300, 364, "one CPython for all models, with one GIL", "small")

    drawing.box(
        "memory", 30, 400, 250, 56, "segments and channel pages", "mapped by both processes"
    )
    drawing.line("arrow", (20, 380), (20, 428), (30, 428))
    drawing.text(300, 424, "in process mode, the columns and the calls", "small", "start")
    drawing.text(300, 441, "are in shared memory", "small", "start")
    drawing.frame(10, 476, 580, 170, "Worker process")
    drawing.box("c", 30, 520, 250, 56, "native function", "the same code")
    drawing.line("arrow", (155, 520), (155, 456))
    drawing.text(163, 470, "owns", "small", "start")
    drawing.box("python", 340, 520, 230, 56, "the user's object, its modules", "and shared objects")
    drawing.line("arrow", (280, 548), (340, 548))
    drawing.text(310, 540, "owns", "small")
    drawing.text(300, 614, "Java starts it, watches it, and replaces it when it ends;", "small")
    drawing.text(300, 631, "it ends when the JVM is gone", "small")
    return drawing.svg()


DIAGRAMS = {"row-path.svg": row_path, "owners.svg": owners}

if __name__ == "__main__":
    for name, draw in DIAGRAMS.items():
        (Path(__file__).parents[1] / "images" / name).write_text(draw())
