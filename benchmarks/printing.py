"""Printing grouped invoices: the addon's report against core's, on the same posted invoices.

For core the addon's views of reports are inactive and its methods are taken away; nothing else differs. Templates are
compiled before the clock starts. HTML is made of all invoices at once, PDF of one after the other, as they are sent:
not every wkhtmltopdf prints several. A web server in the same process gives it the style sheets, as Odoo does.
"""

import io
import sys
import threading
from functools import partial

from contenders import ADDON, CORE, create_invoices, without_overrides
from dataset import create_customers, create_orders, create_products
from lxml import html
from measuring import Contender, alternate, analyze, measure, median, ratio
from options import PRINT
from output import report_sample, show_table
from paired import paired
from PyPDF2 import PdfReader
from session import get_seller_id, superuser
from werkzeug.serving import WSGIRequestHandler, make_server

from odoo import api
from odoo.http import root

REPORT = "account.account_invoices"  # core's "Invoice PDF"
OURS = "addon"
FORMATS = ("html", "pdf")
LINES = "//td[@name='account_invoice_line_name']"
TARGET = 1.1


class Quiet(WSGIRequestHandler):
    """Log nothing: the style sheets are fetched for every document."""

    def log_request(self, *args):
        """Override of werkzeug."""


# --------------------------------------------------------------------------------------------------
# In the process of the database
# --------------------------------------------------------------------------------------------------


def child_posted_invoices(registry, orders, lines, per_invoice):
    """Create grouped invoices with a heading for each order, post them, and serve their style sheets.

    :return: ids of the invoices
    :rtype: list[int]
    """
    seller_id = get_seller_id(registry)
    with registry.cursor() as cr:
        env = api.Environment(cr, seller_id, {}, su=True)
        customers = create_customers(env, orders // per_invoice, street="Main Street 1", city="Brussels")
        records = create_orders(env, customers, create_products(env, lines), per_invoice)
        env.company.invoice_order_sections = True
        moves = create_invoices(env, records.ids)
        moves.action_post()
        parameters = superuser(cr)["ir.config_parameter"]
        parameters.set_param("report.url", serve_style_sheets())
        parameters.set_param("report.print_delay", "1")  # ms; there is no script to wait for
        ids = moves.ids
    analyze(registry)
    return ids


def serve_style_sheets():
    """Answer requests of wkhtmltopdf in a thread of this process.

    :return: the address
    :rtype: str
    """
    server = make_server("127.0.0.1", 0, root, threaded=True, request_handler=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def child_can_print_pdf(registry):
    """Tell whether wkhtmltopdf is there.

    :rtype: bool
    """
    with registry.cursor() as cr:
        return superuser(cr)["ir.actions.report"].get_wkhtmltopdf_state() not in ("install", "broken")


def child_print(registry, name, kind, ids):
    """Print invoices once.

    :param str name: ``core`` or ``addon``
    :param str kind: ``html`` or ``pdf``
    :return: a sample
    :rtype: dict
    """

    def prepare(env):
        show_views_of_addon(env, name == OURS)
        run(env, ids[:2])

    def run(env, move_ids):
        if name == OURS:
            return print_invoices(env, kind, move_ids)
        with without_overrides(env.registry):
            return print_invoices(env, kind, move_ids)

    contender = Contender(name, prepare, lambda env: run(env, ids))
    try:
        return measure(registry, get_seller_id(registry), contender, partial(describe_print, kind))._asdict()
    finally:
        registry.clear_all_caches()  # the views are what they were


def show_views_of_addon(env, shown):
    """Let the reports be those with the addon, or those without it."""
    env.cr.execute(
        """UPDATE ir_ui_view SET active = %s
            WHERE type = 'qweb' AND inherit_id IS NOT NULL
              AND id IN (SELECT res_id FROM ir_model_data WHERE model = 'ir.ui.view' AND module = %s)""",
        [shown, ADDON],
    )
    env.invalidate_all()
    env.registry.clear_all_caches()


def print_invoices(env, kind, ids):
    """Return the printed invoices: one document of HTML, or a PDF of each.

    :rtype: list[bytes]
    """
    report = env["ir.actions.report"].with_context(force_report_rendering=True)
    if kind == "html":
        return [report._render_qweb_html(REPORT, ids)[0]]
    return [report._render_qweb_pdf(REPORT, [move_id])[0] for move_id in ids]


def describe_print(kind, contents):
    """Return documents and rows of HTML, in which both reports must agree; of PDF documents and pages.

    :rtype: tuple[int, int]
    """
    if kind == "html":
        page = html.fromstring(contents[0])
        return len(page.find_class("article")), len(page.xpath(LINES))
    return len(contents), sum(len(PdfReader(io.BytesIO(content)).pages) for content in contents)


TASKS = {"posted invoices": child_posted_invoices, "can print PDF": child_can_print_pdf, "print": child_print}


# --------------------------------------------------------------------------------------------------
# In the process that compares
# --------------------------------------------------------------------------------------------------


def benchmark_print(_registry, options):
    """Compare the addon's report with core's.

    :return: figures, ready for JSON
    :rtype: dict
    """
    figures = {}
    with paired(PRINT) as processes:
        process = processes[PRINT]
        ids = process.ask(
            "posted invoices", orders=options.orders, lines=options.lines, per_invoice=options.per_invoice
        )
        formats = FORMATS if not options.no_pdf and process.ask("can print PDF") else FORMATS[:1]
        for kind in formats:
            printed = ids if kind == "html" else ids[: options.pdfs]
            contenders = {
                name: partial(process.measure, "print", name=name, kind=kind, ids=printed) for name in (CORE, OURS)
            }
            figures[kind] = alternate(contenders, options.rounds, report_sample)
            check_prints(figures[kind], len(printed))
    return show_prints(figures, len(ids))


def check_prints(samples, invoices):
    """End the benchmark when the reports do not print the same documents and, in HTML, the same rows."""
    outcomes = {sample.outcome for runs in samples.values() for sample in runs}
    if {outcome[0] for outcome in outcomes} != {invoices}:
        sys.exit(f"The reports do not print {invoices} invoices: {outcomes}")


def show_prints(figures, invoices):
    """Print what each report took.

    :param dict figures: samples by format and contender
    :return: figures, ready for JSON
    :rtype: dict
    """
    rows, ratios = [], {}
    for kind, samples in figures.items():
        ratios[kind] = {name: ratio(samples[OURS], samples[CORE], name) for name in ("work", "wall")}
        for name, runs in samples.items():
            times = [f"{median(runs, figure):.2f}" for figure in ("cpu", "database", "programs", "wall")]
            relations = [f"{ratio(runs, samples[CORE], figure):.3f}" for figure in ("work", "wall")]
            printed, content = runs[0].outcome
            counts = [f"{median(runs, 'queries'):.0f}", f"{content} {'rows' if kind == 'html' else 'pages'}"]
            rows.append([f"{kind}, {name}, {printed} invoices", *times, *relations, *counts])
    header = ["", "CPU s", "database s", "wkhtmltopdf s", "wall s", "all ÷ core", "wall ÷ core", "queries", "printed"]
    rounds = len(figures["html"][CORE])
    show_table(f"Printing {invoices} grouped invoices (medians of {rounds}; target ≤ {TARGET})", header, rows)
    return {
        "invoices": invoices,
        "ratios": ratios,
        "samples": {
            kind: {name: [sample._asdict() for sample in runs] for name, runs in samples.items()}
            for kind, samples in figures.items()
        },
    }
