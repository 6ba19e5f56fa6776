from odoo import api, models
from odoo.exceptions import ValidationError
from odoo.fields import Command

from ..tools.numbers import is_usual


class ConsolidatedBillingTypedNumbers(models.AbstractModel):
    """Refuse numbers with which nobody can reckon, wherever people or clients type numbers: 1e308, infinite, none."""

    _name = "consolidated.billing.typed.numbers"
    _description = "Numbers That People Type"

    @api.model
    def _check_typed_numbers(self, vals):
        """Refuse unusual numbers among values, also of records below.

        :param dict vals: values of `create`, `write` or a form
        :raise ValidationError: names the field
        """
        for name, value in vals.items():
            field = self._fields.get(name)
            if field is None or not value:
                continue
            if field.type == "one2many":
                below = self.env[field.comodel_name]
                if isinstance(below, ConsolidatedBillingTypedNumbers):
                    for command in value:
                        if command[0] in (Command.CREATE, Command.UPDATE):
                            below._check_typed_numbers(command[2])
            elif field.type in ("float", "monetary", "integer") and not is_usual(value, field.type == "integer"):
                raise ValidationError(
                    self.env._(
                        "%(field)s: %(value)s is not a number that can be billed. Enter an ordinary number.",
                        field=field.get_description(self.env, ["string"])["string"],
                        value=value,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        """Extend: refuse unusual numbers before they are rounded."""
        for vals in vals_list:
            self._check_typed_numbers(vals)
        return super().create(vals_list)

    def write(self, vals):
        """Extend: refuse unusual numbers before they are rounded."""
        self._check_typed_numbers(vals)
        return super().write(vals)

    def onchange(self, values, field_names, fields_spec):
        """Override of `web`: refuse unusual numbers before they are rounded."""
        self._check_typed_numbers(values)
        return super().onchange(values, field_names, fields_spec)

    @api.model
    def default_get(self, fields):
        """Extend: an unusual number is no default, whoever says so."""
        values = super().default_get(fields)
        self._check_typed_numbers(values)
        return values
