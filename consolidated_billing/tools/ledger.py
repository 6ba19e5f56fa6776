"""What explains the balance of an account on a document, besides what the document lists and what was paid (``C8``)."""

from collections import defaultdict
from typing import NamedTuple


class LedgerPayment(NamedTuple):
    """A payment, or what of it no document counted before.

    :param account_id: the customer account in whose name it was paid
    :param item_ref: the id of the journal item
    :param name: the number of the payment
    :param day: the date of the payment
    :param amount: as it acts on the balance, in the currency of the document: what is paid is negative
    :param item_amount: the same in the currency of the payment
    """

    account_id: int
    item_ref: int
    name: str
    day: object
    amount: float
    item_amount: float


class Ledger(NamedTuple):
    """What the receivable ledger, and the document before, say of the accounts that a document covers.

    All amounts by id of the customer account, in the currency of the document, as they act on the balance.

    :param now: the balances at the cutoff date
    :param before: the balances on the document before
    :param listed: what this document lists
    :param listed_late: what of it is older than the first document of the account, so that it was carried over there
    :param unlisted: what no document lists, at the cutoff date
    :param unlisted_before: what no document listed on the document before
    :param uncovered: the ids of accounts that the document before covered and this one does not
    :param payments: the payments that no document counted before
    :param withdrawn: the payments that a document counted and that are not posted any more
    """

    now: dict[int, float]
    before: dict[int, float]
    listed: dict[int, float]
    listed_late: dict[int, float]
    unlisted: dict[int, float]
    unlisted_before: dict[int, float]
    uncovered: set[int]
    payments: list[LedgerPayment]
    withdrawn: list[LedgerPayment]

    @classmethod
    def empty(cls):
        """Return a ledger to be filled."""
        return cls(*(defaultdict(float) for _name in range(6)), set(), [], [])


class Origin(NamedTuple):
    """What is known of the documents before.

    :param account_id: the account that is billed
    :param opening: the balance that the document before closes with
    :param is_first: there is no document before
    :param is_merged: another account was merged into this one since
    :param is_other_level: documents of another level are before
    """

    account_id: int
    opening: float = 0.0
    is_first: bool = True
    is_merged: bool = False
    is_other_level: bool = False


class Transfer(NamedTuple):
    """A balance that came or went without a payment or a listed entry."""

    account_id: int
    reason: str
    amount: float


def explain_transfers(ledger, origin):
    """Return what changed the balances of the accounts besides payments and listed entries.

    The amounts add up to the closing balance less all else that the document shows, whatever happened.

    :param Ledger ledger: what is known of the accounts
    :param Origin origin: what is known of the documents before
    :return: at most one transfer for each account and reason; amounts are not rounded
    :rtype: list[Transfer]
    """
    before = defaultdict(float, ledger.before)
    before[origin.account_id] += origin.opening - sum(ledger.before.values())
    paid, withdrawn = _sum_by_account(ledger.payments), _sum_by_account(ledger.withdrawn)
    transfers = []
    for account_id in sorted({*ledger.now, *before, *ledger.listed, *paid, *withdrawn}):
        total = ledger.now.get(account_id, 0.0) - before[account_id]
        total -= ledger.listed.get(account_id, 0.0) + paid[account_id]
        known = _get_known_reasons(ledger, withdrawn, account_id)
        known.append(
            Transfer(account_id, _get_reason(ledger, origin, account_id), total - sum(t.amount for t in known))
        )
        transfers += known
    return transfers


def _sum_by_account(payments):
    sums = defaultdict(float)
    for payment in payments:
        sums[payment.account_id] += payment.amount
    return sums


def _get_known_reasons(ledger, withdrawn, account_id):
    """Return what is explained entry by entry, for an account that the document covers."""
    if account_id in ledger.uncovered:
        return []
    now, before = ledger.unlisted.get(account_id, 0.0), ledger.unlisted_before.get(account_id, 0.0)
    return [
        Transfer(account_id, "unlisted" if abs(now) > abs(before) else "listed", now - before),
        Transfer(account_id, "listed", -ledger.listed_late.get(account_id, 0.0)),
        Transfer(account_id, "withdrawn", withdrawn[account_id]),
    ]


def _get_reason(ledger, origin, account_id):
    """Return why the rest of an account's balance came or went."""
    is_own = account_id == origin.account_id
    if account_id in ledger.uncovered:
        return "left"
    if is_own and origin.is_merged:
        return "merged"
    if origin.is_first:
        return "level" if origin.is_other_level else "before" if is_own else "joined"
    return "moved" if is_own or account_id in ledger.before else "joined"
