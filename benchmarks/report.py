"""Writes a report with what maintainers add to it: targets and micro benchmarks."""

from __future__ import annotations

import argparse
from pathlib import Path

from micro_section import micro_section
from targets import aims_section

from pyflink_ml_embedded.bench.report.write import write_report


def main() -> None:
    """Writes report.html and report.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path, help="directory")
    write_report(parser.parse_args().results, [aims_section, micro_section])


if __name__ == "__main__":
    main()
