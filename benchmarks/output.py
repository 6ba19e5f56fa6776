"""Tables for people, JSON for machines."""

import json
import os
import platform
import time


def show_table(title, header, rows):
    """Print rows of text as a table, the first column left, the others right.

    :param str title: a line above the table
    :param list[str] header: names of the columns
    :param list[list[str]] rows: cells
    """
    table = [header, *rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(header))]
    print(f"\n{title}")
    for number, row in enumerate(table):
        cells = [
            row[0].ljust(widths[0]),
            *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)),
        ]
        print("  ".join(cells).rstrip())
        if number == 0:
            print("  ".join("-" * width for width in widths))
    print(flush=True)


def progress(text):
    """Print what happens, with the load of the machine: a busy machine blurs the ratios."""
    print(f"[{time.strftime('%H:%M:%S')}, load {os.getloadavg()[0]:.1f}] {text}", flush=True)


def report_sample(name, sample):
    """Print what one run took.

    :param str name: the contender
    :param Sample sample: what was measured
    """
    progress(
        f"{name}: {sample.cpu:.2f} s CPU, {sample.database:.2f} s database, {sample.wall:.2f} s,"
        f" {sample.queries} queries"
    )


def write_json(path, results):
    """Write the figures with what is needed to compare them later.

    :param Path path: the file
    :param dict results: figures by benchmark
    """
    document = {
        "time": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load": os.getloadavg(),
        "results": results,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=2) + "\n")
    progress(f"figures: {path}")
