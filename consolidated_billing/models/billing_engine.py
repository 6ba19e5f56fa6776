from odoo import api, models
from odoo.exceptions import UserError

from ..tools.engine_fields import ENGINE_FIELDS, USER_FIELDS

# Cannot be sent by a client: contexts that come over the network hold plain values only.
_ENGINE = object()


class ConsolidatedBillingEngine(models.AbstractModel):
    """Fields that only the billing engine writes: a person, an import or a client over the network is refused.

    The engine acts with the rights of who runs it. What it decided is therefore not protected by access rights, but by
    an object in the context that only code of this process can put there.
    """

    _name = "consolidated.billing.engine"
    _description = "Records Kept by the Billing Engine"

    @api.model
    def _as_engine(self):
        """Return the model, or these records, for the code that may write what the engine decides."""
        return self.with_context(billing_engine=_ENGINE)

    @api.model
    def _is_engine(self):
        return self.env.context.get("billing_engine") is _ENGINE

    def _write_as_engine(self, vals):
        """Write what the engine decided, leaving the caller's context as it is.

        :param dict vals: values of any fields
        """
        self._as_engine().write(vals)

    @api.model
    def _get_engine_fields(self):
        """Return the names of the fields that only the engine writes. Addons extend it for fields of their own.

        :rtype: frozenset[str]
        """
        return ENGINE_FIELDS.get(self._name, frozenset())

    @api.model
    def _get_user_fields(self):
        """Return the names of the fields that people write, by intent. Addons extend it for fields of their own.

        :rtype: frozenset[str]
        """
        return USER_FIELDS.get(self._name, frozenset())

    @api.model
    def _get_prepared_fields(self):
        """Return the engine's fields that Odoo's own code passes to `create`, in superuser mode, as the engine gave
        them to it.

        :rtype: frozenset[str]
        """
        return frozenset()

    def _check_engine_fields(self, names):
        """Refuse fields that only the engine writes.

        :param names: names of the fields that are written
        :raise UserError: one of them is the engine's
        """
        refused = set() if self._is_engine() else self._get_engine_fields().intersection(names)
        if refused:
            raise UserError(self._get_engine_refusal(refused))

    def _get_engine_refusal(self, names):
        """Say why these fields cannot be written.

        :rtype: str
        """
        labels = self.fields_get(sorted(names), ["string"])
        return self.env._(
            "%(fields)s: billing runs alone keep this up to date. Use the buttons of the billing run instead.",
            fields=", ".join(labels[name]["string"] for name in sorted(labels)),
        )

    @api.model
    def default_get(self, fields):
        """Extend: what only the engine writes has its own default, whatever the context or a user's defaults say."""
        values = super().default_get(fields)
        for name in self._get_engine_fields().intersection(values):
            del values[name]
            field = self._fields[name]
            if field.default:
                values[name] = field.convert_to_write(
                    field.convert_to_cache(field.default(self), self, validate=False), self
                )
        return values

    @api.model_create_multi
    def create(self, vals_list):
        """Extend: refuse what only the engine writes; an empty value says nothing and is left out."""
        if self._is_engine():
            return super().create(vals_list)
        engine_fields = self._get_engine_fields() - (self._get_prepared_fields() if self.env.su else frozenset())
        self._check_engine_fields({name for vals in vals_list for name in engine_fields if vals.get(name)})
        return super().create(
            [
                vals if engine_fields.isdisjoint(vals) else {k: v for k, v in vals.items() if k not in engine_fields}
                for vals in vals_list
            ]
        )

    def write(self, vals):
        """Extend: refuse what only the engine writes."""
        self._check_engine_fields(vals)
        return super().write(vals)
