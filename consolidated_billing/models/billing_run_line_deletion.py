from odoo import api, models


class ConsolidatedBillingRunLine(models.Model):
    """What was proposed stays in its run when the order or the entry is deleted: listed, with that reason (``R1``)."""

    _inherit = "consolidated.billing.run.line"

    @api.model
    def _note_deletion(self, name, records):
        """Note on the lines about these records that they are deleted; what was billed stays as it was.

        :param str name: the field of the line
        :param models.Model records: what is deleted
        """
        # whoever deletes an order or an entry need not see billing runs
        lines = self.sudo().search([(name, "in", records.ids), ("is_billed", "!=", True)])
        for (record, reason), noted in lines.grouped(lambda line: (line[name], line.skip_reason)).items():
            deleted = self.env._("%(document)s was deleted", document=record.display_name)
            noted._write_as_engine({"skip_reason": f"{reason}; {deleted}" if reason else deleted, "is_claim": False})
        if name == "order_id":
            # its lines go with it in the database, where rows written just now may not point to them any more
            lines._write_as_engine({"order_line_id": False})


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def unlink(self):
        """Override of `sale` to say in billing runs why these orders are not billed."""
        self.env["consolidated.billing.run.line"]._note_deletion("order_id", self)
        return super().unlink()


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def unlink(self):
        """Override of `sale` to say in billing runs why these lines are not billed."""
        self.env["consolidated.billing.run.line"]._note_deletion("order_line_id", self)
        return super().unlink()


class AccountMove(models.Model):
    _inherit = "account.move"

    def unlink(self):
        """Override of `account` to say in billing runs why these entries are not billed."""
        self.env["consolidated.billing.run.line"]._note_deletion("move_id", self)
        return super().unlink()
