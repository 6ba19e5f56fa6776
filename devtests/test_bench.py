"""What `./dev bench` prepares: options, databases, and the addons of others that it compares with."""

import shutil
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent


@pytest.fixture
def options(dev):
    """Return the options of the benchmarks, read by the script as it does it."""
    (dev.ROOT / "benchmarks").mkdir()
    shutil.copy(CHECKOUT / "benchmarks" / "options.py", dev.ROOT / "benchmarks")
    return dev.bench_options()


@pytest.fixture
def shop(dev):
    """Return a workshop with one addon and with addons that it builds on."""
    (dev.ROOT / "first").mkdir()
    (dev.ROOT / "first" / "__manifest__.py").write_text(repr({"depends": ["sale"]}))
    postgres = dev.Postgres("", "", "odoo", "", "cb123456")
    return dev.Workshop(dev.Odoo(dev.ROOT, "test"), None, postgres, None, dev.find_addons(), dev.ROOT / "own")


def test_missing_benchmarks_are_one_sentence(dev):
    with pytest.raises(dev.Failure, match="There are no benchmarks"):
        dev.bench_options()


def test_no_name_means_all_benchmarks(options):
    chosen = options.parse_arguments([])
    assert chosen.benchmarks == list(options.BENCHMARKS)
    assert set(options.needed_databases(chosen)) == {
        *options.WITH_ADDON,
        *options.WITH_ALL_ADDONS,
        *options.OTHER_ADDONS,
    }


def test_only_the_needed_databases_are_made_once_each(options):
    assert options.needed_databases(options.parse_arguments(["growth"])) == ["growth"]
    chosen = options.parse_arguments(["merge", "single"])
    assert options.needed_databases(chosen) == ["core", "criteria", "mode", "addon"]


def test_every_number_can_be_set(options):
    chosen = options.parse_arguments(["run", *(f"--{name}={7 + n}" for n, name in enumerate(options.NUMBERS))])
    assert [getattr(chosen, name.replace("-", "_")) for name in options.NUMBERS] == [
        7 + n for n in range(len(options.NUMBERS))
    ]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["nothing"], "There is no benchmark nothing"),
        (["--orders", "0"], "Every number must be 1 or more"),
        (["--periods", "-1"], "Every number must be 1 or more"),
        (["growth", "--growth-orders", "1000"], "--growth-orders must be more than --growth-base"),
    ],
)
def test_wrong_options_are_refused_before_anything_is_prepared(dev, options, capsys, monkeypatch, arguments, text):
    monkeypatch.setattr(dev, "prepare", lambda *args, **kwargs: pytest.fail("prepared"))
    with pytest.raises(SystemExit):
        dev.command_bench(arguments)
    assert text in capsys.readouterr().err


def test_no_earlier_period_is_possible(options):
    assert options.parse_arguments(["--periods", "0"]).periods == 0


def test_addons_to_compare_with_are_seen_by_their_databases_only(dev, shop, monkeypatch):
    monkeypatch.setattr(dev, "oca_addons_path", lambda name, what: dev.CACHE / name)
    own, rival = (dev.write_config(user, "test").read_text() for user in (shop, dev.rival_shop(shop)))
    assert "oca-bench" not in own
    assert str(dev.CACHE / "oca-bench" / "odoo" / "addons") in rival
    paths = rival.split("addons_path = ")[1].splitlines()[0].split(",")
    assert str(dev.ROOT) not in paths


def test_templates_of_others_follow_their_versions_and_fit_into_postgres(dev, options, shop, monkeypatch):
    made = []
    monkeypatch.setattr(dev, "TOOLS", dev.ROOT)
    monkeypatch.setattr(dev, "oca_addons_path", lambda name, what: dev.CACHE / name)
    monkeypatch.setattr(dev, "database_template", lambda shop, name, *args: made.append(name) or name)
    for version in "12":
        (dev.ROOT / "oca-bench.txt").write_text(f"addon=={version}\n")
        for name, modules in options.OTHER_ADDONS.items():
            dev.rival_template(shop, modules, name)
    assert all(len(f"{name}_new") <= 63 for name in made)
    others = [name for name in made if "_rival_" in name]
    assert len(others) == len(set(others)) == 2 * len([modules for modules in options.OTHER_ADDONS.values() if modules])


def test_addons_to_compare_with_are_pinned_and_no_addon_depends_on_them():
    lines = [line for line in (CHECKOUT / "devtools" / "oca-bench.txt").read_text().splitlines() if line]
    assert all("==" in line for line in lines if not line.startswith("#"))
    for path in CHECKOUT.glob("*/__manifest__.py"):
        for name in ("account_billing", "partner_invoicing_mode", "sale_order_invoicing_grouping_criteria"):
            assert f'"{name}"' not in path.read_text()
