"""Does the registry have a wheel of every pinned package, for every Python and machine that ./dev supports?"""

import ast
import json
import os
import re
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

PYTHONS = ("3.10", "3.11", "3.12", "3.13")
MACHINES = ("x86_64", "aarch64")
GLIBC = 34  # 2.34: Debian 12, Ubuntu 22.04 and Red Hat 9 are as new
OPERATORS = {
    ast.Eq: lambda left, right: left == right,
    ast.NotEq: lambda left, right: left != right,
    ast.Lt: lambda left, right: left < right,
    ast.GtE: lambda left, right: left >= right,
}


def version_key(text):
    """Return a Python version as a tuple of numbers; other texts as they are."""
    return tuple(map(int, text.split("."))) if re.fullmatch(r"\d+(\.\d+)*", text) else text


def applies(marker, python, machine):
    """Tell whether an environment marker is true on a Python ("3.12") and a machine ("x86_64")."""
    values = {"python_version": python, "platform_machine": machine}

    def value(node):
        if isinstance(node, ast.BoolOp):
            return (all if isinstance(node.op, ast.And) else any)(value(part) for part in node.values)
        if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in OPERATORS:
            return OPERATORS[type(node.ops[0])](value(node.left), value(node.comparators[0]))
        if isinstance(node, ast.Name) and node.id in values:
            return version_key(values[node.id])
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return version_key(node.value)
        raise ValueError(f"The marker {marker!r} cannot be judged.")

    return value(ast.parse(marker, mode="eval").body)


def pins_for(lines, python, machine):
    """Return the pins ("lxml==5.4.0") of requirement lines that count on a Python and a machine."""
    parts = [line.partition(";") for line in lines]
    return [pin.strip() for pin, _semicolon, marker in parts if not marker or applies(marker.strip(), python, machine)]


def platforms(machine):
    """Return the tags of wheels that start on a machine."""
    old = [f"{name}_{machine}" for name in ("manylinux2014", "manylinux2010", "manylinux1")]
    return [f"manylinux_2_{minor}_{machine}" for minor in range(GLIBC, 4, -1)] + old


def batches(pins):
    """Return the pins in lists that name no package twice: pip refuses two versions of one."""
    result = []
    for pin in dict.fromkeys(pins):
        name = pin.partition("==")[0].lower()
        batch = next((batch for batch in result if name not in batch), None)
        if batch is None:
            batch = {}
            result.append(batch)
        batch[name] = pin
    return [list(batch.values()) for batch in result]


def ask(pip, pins, python, machine):
    """Ask the registry with pip; return the pins without a wheel and, if it could not be asked, what pip said."""
    pins, gaps = list(pins), []
    tags = ["--abi", f"cp{python.replace('.', '')}", "--abi", "abi3", "--abi", "none"]
    tags += [part for tag in platforms(machine) for part in ("--platform", tag)]
    with tempfile.TemporaryDirectory() as folder:
        command = [*map(str, pip), "install", "--dry-run", "--ignore-installed", "--no-deps", "--only-binary=:all:"]
        command += ["--quiet", "--no-input", "--disable-pip-version-check", "--implementation", "cp"]
        command += ["--target", folder, "--python-version", python, *tags]
        while pins:
            done = subprocess.run([*command, *pins], capture_output=True, text=True)
            if done.returncode == 0:
                break
            found = re.search(r"No matching distribution found for (\S+)", done.stderr)
            if not found or found.group(1) not in pins or re.search(r"(?i)certificate|timed out|connect", done.stderr):
                return gaps, (done.stderr.strip().splitlines() or ["no answer"])[-1]
            gaps.append(found.group(1))
            pins.remove(found.group(1))
    return gaps, None


def read_answers(path):
    """Return the questions that the registry answered with yes."""
    try:
        return set(json.loads(path.read_text()))
    except (OSError, ValueError):
        return set()


def missing(pip, lines, answers, pythons=PYTHONS, machines=MACHINES):
    """Return a sentence for each pin without a wheel; what the registry answered with yes is not asked again.

    :param list pip: the command that calls pip
    :param list lines: requirement lines, with markers
    :param Path answers: the file in which the answers are kept
    """
    known = read_answers(answers)
    combinations = [(python, machine) for python in pythons for machine in machines]

    def look(combination):
        pins = pins_for(lines, *combination)
        unknown = [pin for pin in pins if " ".join((pin, *combination)) not in known]
        answers = [ask(pip, batch, *combination) for batch in batches(unknown)]
        gaps = [gap for found, _trouble in answers for gap in found]
        return pins, gaps, next((trouble for _found, trouble in answers if trouble), None)

    sentences, sure = [], set()
    with ThreadPoolExecutor(4) as pool:
        for combination, (pins, gaps, trouble) in zip(combinations, pool.map(look, combinations), strict=True):
            place = "Python {} on {}".format(*combination)
            sentences += [f"{pin} has no wheel for {place}" for pin in gaps]
            if trouble:
                sentences.append(f"the registry could not be asked about {place}: {trouble}")
            else:
                sure.update(" ".join((pin, *combination)) for pin in pins if pin not in gaps)
    write_answers(answers, known | sure)
    return sorted(sentences)


def write_answers(path, answers):
    """Keep the answers, in one step: another process may read or write them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(f"{path}.{os.getpid()}")
    temporary.write_text(json.dumps(sorted(answers), indent=0))
    temporary.replace(path)
