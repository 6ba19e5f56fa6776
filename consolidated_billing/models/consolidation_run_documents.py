from odoo import api, fields, models
from odoo.exceptions import UserError


class ConsolidatedBillingRun(models.Model):
    """What happens to consolidated billing invoices of a run afterwards: accept, print, send, reverse (``R6``)."""

    _inherit = "consolidated.billing.run"

    billing_count = fields.Integer(
        string="Number of Consolidated Billing Invoices",
        compute="_compute_billing_count",
        help="How many consolidated billing invoices this run created.",
    )
    draft_billing_count = fields.Integer(
        string="Draft Documents",
        compute="_compute_billing_count",
        help="How many of the documents are neither accepted nor rejected yet.",
    )

    @api.depends("consolidated_billing_ids.state")
    def _compute_billing_count(self):
        counts = {
            (run.id, state): count
            for run, state, count in self.env["consolidated.billing.invoice"]._read_group(
                [("run_id", "in", self.ids)], ["run_id", "state"], ["__count"]
            )
        }
        for run in self:
            run.draft_billing_count = counts.get((run._origin.id, "draft"), 0)
            run.billing_count = sum(count for (run_id, _state), count in counts.items() if run_id == run._origin.id)

    # === ACTIONS ===#

    def action_post(self):
        """Extend: accept all drafts that were not rejected; those that cannot be accepted are named."""
        consolidating = self.filtered(lambda run: run.kind == "consolidate")
        if not consolidating:
            return super().action_post()
        drafts = consolidating.consolidated_billing_ids.filtered(lambda billing: billing.state == "draft")
        if not drafts:
            raise UserError(self.env._("There are no draft documents to accept."))
        failures = []
        for billings in drafts._split_by_chain():
            failures += billings._finalize_or_explain()
        message = self.env._("%(count)s documents accepted.", count=len(drafts) - len(failures))
        if failures:
            message += " " + self.env._("Not accepted: %(failures)s", failures="; ".join(failures[:5]))
        return self._notify_result(message, failures)

    def action_print(self):
        """Extend: print all consolidated billing invoices of the run as one PDF."""
        if self.kind != "consolidate":
            return super().action_print()
        return self._get_billings_to_hand_out().action_print()

    def action_send(self):
        """Extend: send all final consolidated billing invoices of the run, one message each."""
        if self.kind != "consolidate":
            return super().action_send()
        final = self._get_billings_to_hand_out().filtered(lambda billing: billing.state == "final")
        if not final:
            raise UserError(self.env._("Accept the documents before you send them."))
        return final.action_send()

    def action_view_lines(self):
        """Extend: list entries instead of order lines."""
        action = super().action_view_lines()
        if self.kind != "consolidate":
            return action
        view = self.env.ref("consolidated_billing.consolidated_billing_run_line_view_list_entries")
        return {
            **action,
            "views": [(view.id, "list")],
            "context": {"search_default_group_by_document": 1},
        }

    def action_view_consolidated_billings(self):
        """Open the consolidated billing invoices of this run."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id("consolidated_billing.consolidated_billing_invoice_action")
        return {
            **action,
            "domain": [("run_id", "=", self.id)],
            "context": {},
            "name": self.env._("Consolidated Billing Invoices of %(run)s", run=self.name),
        }

    def _get_billings_to_hand_out(self):
        billings = self.consolidated_billing_ids.filtered(lambda billing: billing.state != "cancelled").sorted("id")
        if not billings:
            raise UserError(self.env._("There are no documents yet. Generate the run first."))
        return billings

    # === REVERSE ===#

    def _reverse_groups(self, groups):
        """Extend: drafts are rejected, final documents that are not paid are cancelled; numbers stay (``R6``)."""
        if self.kind != "consolidate":
            return super()._reverse_groups(groups)
        if groups.filtered(lambda group: group.state != "done"):
            raise UserError(self.env._("Only documents that were created can be reversed."))
        billings = groups.consolidated_billing_id
        billings._check_not_paid()
        drafts = billings.filtered(lambda billing: billing.state == "draft")
        final = billings.filtered(lambda billing: billing.state == "final")
        if final:
            final._check_may_cancel()
        (drafts | final)._cancel(self.env._("%(run)s was reversed.", run=self.name))
        groups.line_ids.filtered("is_billed")._write_as_engine(
            {"is_billed": False, "skip_reason": self.env._("reversed")}
        )
        groups._write_as_engine({"state": "excluded", "is_reversed": True, "selected": False})
        self._message_log(
            body=self.env._(
                "Reversed: %(drafts)s drafts rejected, %(final)s final documents cancelled.",
                drafts=len(drafts),
                final=len(final),
            )
        )
        return True

    # === INVOICE LIST ===#

    def _get_export_sheets(self):
        """Extend: the invoice list over entries."""
        if self.kind != "consolidate":
            return super()._get_export_sheets()
        common = [self.env._("Entry"), self.env._("Date"), self.env._("Customer"), self.env._("Customer Number")]
        amounts = [self.env._("Total"), self.env._("Currency")]
        documents = [
            self.env._("Bill-to"),
            self.env._("Bill-to Number"),
            *common,
            *amounts,
            self.env._("Why Apart"),
            self.env._("State"),
            self.env._("Document"),
            self.env._("Error"),
        ]
        return [
            (self.env._("Documents"), documents, self._get_entry_document_rows()),
            (
                self.env._("Not Billed"),
                [*common, *amounts, self.env._("Why Not")],
                [
                    [*line._get_entry_cells(), line.amount_left, line.currency_id.name, line.left_reason or ""]
                    for line in self.skipped_line_ids
                ],
            ),
        ]

    def _get_entry_document_rows(self):
        states = dict(self.group_ids._fields["state"]._description_selection(self.env))
        return [
            [
                line.group_id.partner_id.display_name or "",
                line.group_id.account_partner_id.ref or "",
                *line._get_entry_cells(),
                line.amount_total,
                line.currency_id.name,
                line.group_id.reason or "",
                states[line.group_id.state],
                line.group_id.consolidated_billing_id.name or "",
                line.group_id.error or line.skip_reason or "",
            ]
            for line in self.line_ids
            if line._is_proposed()
        ]


class ConsolidatedBillingRunLine(models.Model):
    _inherit = "consolidated.billing.run.line"

    def _get_entry_cells(self):
        """Return number, date, customer and customer's number of the entry, for the invoice list."""
        customer = self.entry_partner_id
        return [self.move_id.name, str(self.entry_date), customer.display_name or "", customer.ref or ""]


class ConsolidatedBillingRunGroup(models.Model):
    _inherit = "consolidated.billing.run.group"

    def action_view_document(self):
        """Extend: open the consolidated billing invoice."""
        if self.consolidated_billing_id:
            return self.consolidated_billing_id._get_form_action()
        return super().action_view_document()
