"""Names of template databases follow the files they were made from."""

import pytest


@pytest.fixture
def shop(dev):
    """Return a workshop with two addons, the second extending the first."""
    for name, depends in (("first", ["sale"]), ("second", ["first", "queue_job"])):
        (dev.ROOT / name).mkdir()
        (dev.ROOT / name / "__manifest__.py").write_text(repr({"depends": depends}))
    odoo = dev.Odoo(dev.ROOT, "test")
    postgres = dev.Postgres("", "", "odoo", "", "cb")
    return dev.Workshop(odoo, None, postgres, None, dev.find_addons(), None)


def test_addons_are_ordered_by_dependency(shop):
    assert shop.addons == ["first", "second"]


def test_what_comes_from_odoo_is_the_base(dev, shop):
    assert dev.external_depends(shop, ["first"]) == ["sale"]
    assert dev.external_depends(shop, ["second"]) == ["queue_job", "sale"]


def test_what_needs_further_apps_is_not_in_the_database_of_run(dev, shop):
    assert dev.basic_addons(shop) == ["first"]
    (dev.ROOT / "oca" / "odoo" / "addons" / "queue_job").mkdir(parents=True)
    (dev.ROOT / "oca" / "odoo" / "addons" / "queue_job" / "__manifest__.py").write_text("{}")
    assert dev.basic_addons(shop._replace(oca=dev.ROOT / "oca")) == ["first", "second"]


def test_a_changed_file_makes_a_new_template_of_all_addons_together(dev, shop):
    before = dev.template_name(shop, *shop.addons)
    (dev.ROOT / "first" / "views.xml").write_text("<odoo/>")
    assert dev.template_name(shop, *shop.addons) != before


def test_a_changed_file_makes_a_new_template(dev, shop):
    before = [dev.template_name(shop, name) for name in shop.addons]
    (dev.ROOT / "first" / "views.xml").write_text("<odoo/>")
    after = [dev.template_name(shop, name) for name in shop.addons]
    assert not set(before) & set(after)


def test_a_changed_test_keeps_the_template(dev, shop):
    before = dev.template_name(shop, "first")
    (dev.ROOT / "first" / "tests").mkdir()
    (dev.ROOT / "first" / "tests" / "test_a.py").write_text("")
    assert dev.template_name(shop, "first") == before


def test_demo_data_has_templates_of_its_own(dev, shop):
    assert dev.template_name(shop, "first", demo=True) != dev.template_name(shop, "first")


def test_names_fit_into_postgres(dev, shop):
    (dev.ROOT / "consolidated_billing_queue_job").mkdir()
    (dev.ROOT / "consolidated_billing_queue_job" / "__manifest__.py").write_text(repr({"depends": ["sale"]}))
    shop = shop._replace(addons=dev.find_addons())
    name = dev.template_name(shop, "consolidated_billing_queue_job")
    assert len(f"{name}_new") <= 63


def test_a_broken_manifest_is_named(dev, shop):
    (dev.ROOT / "first" / "__manifest__.py").write_text("{")
    with pytest.raises(dev.Failure, match="first/__manifest__.py is not a valid manifest"):
        dev.find_addons()


def test_the_server_runs_jobs_where_an_addon_has_some(dev, shop):
    assert dev.runner_options(shop)["server_wide_modules"].split(",")[-1] == "queue_job"
    assert dev.runner_options(shop._replace(addons=["first"])) == {}
