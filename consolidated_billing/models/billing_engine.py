from odoo import api, models
from odoo.exceptions import UserError

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
        """Return the names of the fields that only the engine writes: those that a form shows and nobody can edit.

        :rtype: set[str]
        """
        kept = self._get_kept_fields()
        return {name for name, field in kept.items() if field.readonly and not field.related and not field.compute}

    @api.model
    def _get_kept_fields(self):
        """Return the stored fields of the model itself, by name: not what the ORM, messages and activities bring.

        :rtype: dict[str, odoo.fields.Field]
        """
        return {
            name: field
            for name, field in self._fields.items()
            if field.store
            and name not in models.MAGIC_COLUMNS
            and not name.startswith(("message_", "activity_", "access_"))
        }

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
    def _without_engine_defaults(self):
        """Return the model without the defaults that the context has for what only the engine writes."""
        names = {f"default_{name}" for name in self._get_engine_fields()}
        kept = {key: value for key, value in self.env.context.items() if key not in names}
        return self.with_env(self.env(context=kept))

    def write(self, vals):
        """Extend: refuse what only the engine writes."""
        self._check_engine_fields(vals)
        return super().write(vals)
