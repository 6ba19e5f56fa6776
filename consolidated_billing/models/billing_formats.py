"""Choices that billing profiles and consolidated billing invoices share."""

INVOICE_FORMATS = [("detail", "Detail"), ("summary", "Summary")]
BILLING_LEVELS = [("account", "Account"), ("location", "Location")]
