from odoo.fields import Command

from odoo.addons.consolidated_billing.tests.credit_common import CreditCommon


class TimesheetCommon(CreditCommon):
    """An order that is billed by the hour, and time sheets on it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for group in (
            "hr.group_hr_user",
            "hr_timesheet.group_timesheet_manager",
            "project.group_project_manager",
        ):
            cls.env.user.group_ids += cls.env.ref(group)
        cls.hours = cls.env["product.product"].create(
            {
                "name": "Work",
                "type": "service",
                "service_policy": "delivered_timesheet",
                "service_tracking": "no",
                "list_price": 100.0,
                "uom_id": cls.env.ref("uom.product_uom_hour").id,
                "taxes_id": [Command.set(cls.company_data["default_tax_sale"].ids)],
            }
        )
        cls.project = cls.env["project.project"].create(
            {"name": "Work", "allow_timesheets": True, "allow_billable": True, "partner_id": cls.acme.id}
        )
        cls.employee = cls.env["hr.employee"].create({"name": "Worker", "company_id": cls.company.id})

    @classmethod
    def _create_hours_order(cls, partner=None, **values):
        return cls._create_order(
            partner or cls.acme, lines=[{"product_id": cls.hours.id, "product_uom_qty": 100.0}], **values
        )

    @classmethod
    def _work(cls, order, day, hours):
        return cls.env["account.analytic.line"].create(
            {
                "name": "worked",
                "project_id": cls.project.id,
                "so_line": order.order_line[:1].id,
                "is_so_line_edited": True,
                "employee_id": cls.employee.id,
                "date": day,
                "unit_amount": hours,
            }
        )

    def _get_hours(self, move=None):
        """Return the hours that an invoice bills, by default those that none bills."""
        domain = [("project_id", "=", self.project.id), ("timesheet_invoice_id", "=", move.id if move else False)]
        return sum(self.env["account.analytic.line"].search(domain).mapped("unit_amount"))
