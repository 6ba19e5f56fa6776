"""The tables of `consolidate`: growth, and the comparison with `account_billing`."""

from billing_rival import RIVALS
from measuring import median
from output import show_table

STEPS = ("prepare", "generate", "finalize")
TARGET = 1.15  # growth of the time per document, from a tenth of the customers to all
SPEED_TARGET = 5  # times as fast as account_billing


def show_growth(samples, billing):
    """Print the figures of each step, per document, and how they grow.

    :return: figures, ready for JSON
    :rtype: dict
    """
    small, large = samples
    rows, growth = [], {}
    for step in STEPS:
        for size in samples:
            runs = samples[size][step]
            rows.append([f"{step}, {size}", *(_per_document(runs, size, name) for name in ("cpu", "database", "wall"))])
            rows[-1] += [f"{median(runs, 'queries'):.0f}", ""]
        growth[step] = _growth(samples, small, large, [step])
        rows[-1][-1] = f"{growth[step]:.3f}"
    growth["all"] = _growth(samples, small, large, STEPS)
    header = ["step, documents", "CPU ms", "database ms", "wall ms", "queries", "growth"]
    title = (
        f"Consolidated billing invoices of {billing.entries} entries, {billing.periods - 1} periods before them"
        f" (per document; medians of {len(samples[small]['prepare'])}; growth of CPU and database: {growth['all']:.3f},"
        f" target ≤ {TARGET})"
    )
    show_table(title, header, rows)
    return {
        "entries": billing.entries,
        "periods": billing.periods,
        "growth": growth,
        "samples": {
            size: {step: [sample._asdict() for sample in runs] for step, runs in by_step.items()}
            for size, by_step in samples.items()
        },
    }


def show_speed(samples, billing):
    """Print how much faster documents are made than by `account_billing`: medians, and every round.

    :return: times as fast by number of documents and way: CPU and database, and on the clock
    :rtype: dict[int, dict[str, dict[str, float]]]
    """
    rows, speed = [], {}
    for size, runs in samples.items():
        figures = ("cpu", "database", "work", "wall", "queries")
        ours = {name: sum(median(runs[step], name) for step in STEPS) for name in figures}
        found = {"addon, all steps": ours}
        for rival in RIVALS:
            found[rival] = {name: median(runs[rival], name) for name in figures}
        speed[size] = {rival: {name: found[rival][name] / ours[name] for name in ("work", "wall")} for rival in RIVALS}
        for name, took in found.items():
            times = [f"{took[figure] / size * 1000:.2f}" for figure in figures[:-1]]
            relations = [f"{took[figure] / ours[figure]:.2f} ×" for figure in ("work", "wall")]
            rows.append([f"{name}, {size}", *times, *relations, f"{took['queries']:.0f}"])
    header = ["documents", "CPU ms", "database ms", "both ms", "wall ms", "both ÷ addon", "wall ÷ addon", "queries"]
    show_table(f"Against account_billing (per document; target ≥ {SPEED_TARGET})", header, rows)
    show_rounds(samples, billing)
    return speed


def show_rounds(samples, billing):
    """Print how much faster documents are made in each round: the ledger grows from round to round.

    :param dict[int, dict[str, list[Sample]]] samples: by number of documents and step, in the order of the rounds
    """
    rows, entries = [], 0
    for size, runs in samples.items():
        for number in range(len(runs[STEPS[0]])):
            entries += size * billing.entries * billing.periods
            ours = sum(runs[step][number].work for step in STEPS)
            ratios = [f"{runs[rival][number].work / ours:.2f} ×" for rival in RIVALS]
            rows.append([f"{size}, round {number + 1}", f"{entries}", f"{ours:.1f}", *ratios])
    header = ["documents", "entries in the ledger", "addon s", *RIVALS]
    show_table(f"Round by round (CPU and database ÷ addon; target ≥ {SPEED_TARGET})", header, rows)


def _per_document(runs, size, name):
    return f"{median(runs, name) / size * 1000:.2f}"


def _growth(samples, small, large, steps):
    """Return the ratio of the processor time per document at both sizes."""
    per_document = [sum(median(samples[size][step], "work") for step in steps) / size for size in (small, large)]
    return per_document[1] / per_document[0]
