from odoo import fields
from odoo.exceptions import AccessError, MissingError
from odoo.fields import Domain
from odoo.http import request, route

from odoo.addons.account_payment.controllers.portal import PortalAccount
from odoo.addons.portal.controllers.portal import pager as portal_pager

LIST_URL = "/my/consolidated_invoices"
SHARE_URL = f"{LIST_URL}/share"
PAGE_PARAMETERS = ("payment", "error", "warning", "success", "pid", "hash")
LARGEST_ID = 2**31 - 1
REPORTS = {
    "detail": "consolidated_billing.action_report_consolidated_billing_invoice_detail",
    "summary": "consolidated_billing.action_report_consolidated_billing_invoice_summary",
}


class PortalConsolidatedBilling(PortalAccount):
    """The consolidated billing invoices of a customer, and a member's share of those of its grouping account."""

    # === HOME ===#

    def _prepare_home_portal_values(self, counters):
        """Override of `portal` to count the documents of the customer and those of which it has a share."""
        values = super()._prepare_home_portal_values(counters)
        if "consolidated_invoice_count" in counters:
            values["consolidated_invoice_count"] = self._count_billings() + self._count_billing_shares()
        return values

    def _get_billing_domain(self):
        """Return which documents are the customer's own: final ones only.

        :rtype: Domain
        """
        account = request.env.user.partner_id.commercial_partner_id
        return Domain("state", "=", "final") & Domain("commercial_partner_id", "child_of", account.id)

    def _count_billings(self, domain=None):
        Billing = request.env["consolidated.billing.invoice"]
        return Billing.search_count(domain or self._get_billing_domain()) if Billing.has_access("read") else 0

    def _count_billing_shares(self):
        Line = request.env["consolidated.billing.invoice.line"]
        return Line._count_shared_documents(request.env.user.partner_id) if Line.has_access("read") else 0

    # === LISTS ===#

    def _get_billing_sortings(self):
        return {
            "date": {"label": request.env._("Date"), "order": "invoice_date desc, id desc"},
            "duedate": {"label": request.env._("Due Date"), "order": "invoice_date_due desc, id desc"},
            "name": {"label": request.env._("Number"), "order": "name desc, id desc"},
            "amount": {"label": request.env._("Amount Due"), "order": "amount_residual desc, id desc"},
        }

    def _get_billing_filters(self):
        unpaid = Domain("payment_state", "in", ("not_paid", "partial")) & Domain("amount_residual", ">", 0.0)
        today = fields.Date.context_today(request.env["consolidated.billing.invoice"])
        return {
            "all": {"label": request.env._("All"), "domain": Domain.TRUE},
            "unpaid": {"label": request.env._("Unpaid"), "domain": unpaid},
            "overdue": {"label": request.env._("Overdue"), "domain": unpaid & Domain("invoice_date_due", "<", today)},
        }

    @route([LIST_URL, f"{LIST_URL}/page/<int:page>"], type="http", auth="user", website=True)
    def portal_my_consolidated_invoices(self, page=1, sortby=None, filterby=None, **kwargs):
        """Show the customer's documents."""
        sortings, filters = self._get_billing_sortings(), self._get_billing_filters()
        sortby = sortby if sortby in sortings else "date"
        filterby = filterby if filterby in filters else "all"
        domain = self._get_billing_domain() & filters[filterby]["domain"]
        pager = self._get_billing_pager(LIST_URL, self._count_billings(domain), page, sortby=sortby, filterby=filterby)
        Billing = request.env["consolidated.billing.invoice"]
        billings = Billing
        if Billing.has_access("read"):
            billings = Billing.search(
                domain, order=sortings[sortby]["order"], limit=self._items_per_page, offset=pager["offset"]
            )
        request.session["my_consolidated_invoices_history"] = billings.ids[:100]
        values = {
            **self._prepare_portal_layout_values(),
            "billings": billings,
            "today": fields.Date.context_today(Billing),
            "page_name": "consolidated_invoice",
            "pager": pager,
            "default_url": LIST_URL,
            "searchbar_sortings": sortings,
            "sortby": sortby,
            "searchbar_filters": filters,
            "filterby": filterby,
            "share_count": self._count_billing_shares(),
        }
        return request.render("consolidated_billing.portal_my_consolidated_invoices", values)

    @route([SHARE_URL, f"{SHARE_URL}/page/<int:page>"], type="http", auth="user", website=True)
    def portal_my_consolidated_share(self, page=1, **kwargs):
        """Show a member's own entries on the documents of its grouping account, and nothing else of them."""
        Line = request.env["consolidated.billing.invoice.line"]
        share_count = self._count_billing_shares()
        pager = self._get_billing_pager(SHARE_URL, share_count, page)
        values = {
            **self._prepare_portal_layout_values(),
            "shares": Line._get_shares(request.env.user.partner_id, self._items_per_page, pager["offset"])
            if share_count
            else [],
            "page_name": "consolidated_share",
            "pager": pager,
            "default_url": SHARE_URL,
            "share_count": share_count,
        }
        return request.render("consolidated_billing.portal_my_consolidated_share", values)

    def _get_billing_pager(self, url, total, page, **url_args):
        return portal_pager(url=url, url_args=url_args, total=total, page=page, step=self._items_per_page)

    # === DOCUMENT ===#

    def _check_billing_access(self, billing_id, access_token=None):
        """Return the document, if it is final and the user may read it or knows its token.

        :rtype: consolidated.billing.invoice (in superuser mode)
        :raise AccessError: the user may not see it, or nobody may see it on the portal
        :raise MissingError: there is none
        """
        if billing_id > LARGEST_ID:
            raise MissingError(request.env._("This document is not available."))
        token = access_token if isinstance(access_token, str) and access_token.isascii() else None
        billing_sudo = self._document_check_access("consolidated.billing.invoice", billing_id, token)
        if billing_sudo.state != "final":
            raise AccessError(request.env._("This document is not available."))
        return billing_sudo

    @route(f"{LIST_URL}/<int:billing_id>", type="http", auth="public", website=True)
    def portal_my_consolidated_invoice(
        self, billing_id, access_token=None, report_type=None, download=False, billing_format=None, **kwargs
    ):
        """Show a document, or print it in its own format, in detail or in summary."""
        try:
            billing_sudo = self._check_billing_access(billing_id, access_token)
        except (AccessError, MissingError):
            return request.redirect("/my")
        if report_type in ("html", "pdf", "text"):
            return self._show_report(
                model=billing_sudo,
                report_type=report_type,
                report_ref=REPORTS.get(
                    billing_format, "consolidated_billing.action_report_consolidated_billing_invoice"
                ),
                download=download,
            )
        # the address of a page can hold anything
        known = {name: kwargs[name] for name in PAGE_PARAMETERS if name in kwargs}
        values = self._get_billing_page_values(billing_sudo, access_token, **known)
        return request.render("consolidated_billing.portal_consolidated_invoice_page", values)

    def _get_billing_page_values(self, billing_sudo, access_token, payment=False, **kwargs):
        """Return what the page shows, with the payment form if something can be paid."""
        error = billing_sudo._get_online_payment_error()
        values = {
            "page_name": "consolidated_invoice",
            "billing": billing_sudo,
            "amount_to_pay": billing_sudo._get_amount_to_pay(with_discount=False),
            "offers_today": billing_sudo._get_offers_today(),
            "payment_error": error,
            "pending": bool(billing_sudo._get_pending_transactions()),
            "today": fields.Date.context_today(billing_sudo),
            "payment": payment,
            "res_company": billing_sudo.company_id,  # shows the logo of the company that bills
        }
        if not error:
            values |= self._get_billing_payment_values(billing_sudo, access_token, **kwargs)
        return self._get_page_view_values(
            billing_sudo, access_token, values, "my_consolidated_invoices_history", False, **kwargs
        )

    def _get_billing_payment_values(self, billing_sudo, access_token, **kwargs):
        """Return the values of the payment form, as for an invoice."""
        amount = billing_sudo._get_amount_to_pay()
        return {
            "amount": amount,
            **self._get_common_page_view_values(
                invoices_data={
                    "partner": billing_sudo.partner_id,
                    "company": billing_sudo.company_id,
                    "total_amount": amount,
                    "currency": billing_sudo.currency_id,
                    "amount_residual": amount,
                    "landing_route": billing_sudo.get_portal_url(),
                    "transaction_route": f"/consolidated_invoice/transaction/{billing_sudo.id}",
                },
                access_token=access_token,
            ),
        }
