"""The database that `./dev bench` made, and on whose behalf it is used."""

import logging
import os
import sys

from dataset import create_seller, set_up_company

from odoo import api
from odoo.modules.registry import Registry
from odoo.tools import config


def connect():
    """Return the registry of the database that `./dev bench` made."""
    if not os.environ.get("CB_BENCH_DB"):
        sys.exit("Start the benchmarks with ./dev bench: it makes the database.")
    config.parse_config(["-c", os.environ["CB_BENCH_CONFIG"], "--log-level=warn"], setup_logging=True)
    logging.getLogger("py.warnings").setLevel(logging.ERROR)  # what Odoo's libraries will drop one day
    return Registry(os.environ["CB_BENCH_DB"])


def superuser(cr):
    """Return an environment without access checks."""
    return api.Environment(cr, api.SUPERUSER_ID, {})


def get_seller_id(registry):
    """Return the user on whose behalf everything is measured; set up the company the first time."""
    with registry.cursor() as cr:
        env = superuser(cr)
        seller = env["res.users"].search([("login", "=", "benchmark")])
        if not seller:
            set_up_company(env)
            seller = create_seller(env)
        return seller.id
