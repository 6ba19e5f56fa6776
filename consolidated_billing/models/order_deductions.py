from collections import defaultdict

from ..tools.deduction import BASE, Deduction, get_share

PRICE = "price"  # what prices and quantities amount to, whether or not taxes are included
INCLUDED = "included"  # with taxes


class OrderDeductions:
    """Shares out over the invoices of one order what cannot be invoiced without its other lines (``K8``, ``I5``).

    Discounts and rewards in proportion to the lines that they reduce, charges whole with the first invoice, down
    payments from the largest invoice on. By hand, by a run and collectively alike.

    :param sale.order order: the order
    :param documents: what is billed of its other lines, by invoice in the order of time: values of the invoice line by
        order line
    :type documents: list[dict[sale.order.line, dict]]
    :param bool is_limited: whether deductions make no invoice negative
    :param allows: whether a line may go on the document with this index; by default on any
    :type allows: Callable[[sale.order.line, int], bool]
    """

    def __init__(self, order, documents, is_limited=True, allows=lambda line, index: True):
        self.order = order
        self.documents = documents
        self.is_limited = is_limited
        self.allows = allows
        self.added = [{} for _document in documents]
        self._bearable = [None] * len(documents)
        self._step = 10 ** -order.env["decimal.precision"].precision_get("Product Unit")

    # === WHAT IS ADDED ===#

    def add(self, lines):
        """Share out these lines.

        :param sale.order.line lines: dependent lines of the order that can be billed
        :return: for each document the values of the invoice lines, by order line
        :rtype: list[dict[sale.order.line, dict]]
        """
        deductions = lines.filtered(lambda line: line._is_deduction())
        for line in lines - deductions:
            self._add_charge(line)
        for line in deductions.sorted("is_downpayment"):
            if line.is_downpayment:
                self._add_down_payment(line)
            else:
                self._add_discount(line)
        return self.added

    def add_whole(self, lines):
        """Put all that is left of these lines on the first invoice.

        :rtype: dict[sale.order.line, dict]
        """
        for line in lines:
            if line._is_deduction():
                self._take(0, line, self._get_deduction(line), 1, None)
            else:
                self.added[0][line] = {"quantity": line.qty_to_invoice}
        return self.added[0]

    def _get_indexes(self, line):
        """Return the indexes of the documents on which a line may go."""
        return [index for index in range(len(self.documents)) if self.allows(line, index)]

    def _add_charge(self, line):
        """Bill a line whole with the first invoice; what is taken back, with the first credit note."""
        is_credit = line.qty_to_invoice < 0
        amounts = [sum(self._get_amount(sol, values) for sol, values in doc.items()) for doc in self.documents]
        indexes = sorted(self._get_indexes(line), key=lambda index: (amounts[index] < 0) != is_credit)
        for index in indexes[:1]:
            self.added[index][line] = {"quantity": line.qty_to_invoice}

    def _add_discount(self, line):
        """Bill a discount in proportion to the lines that it reduces; the last invoice takes the rest."""
        deduction = self._get_deduction(line)
        billed = {sol: sol.qty_invoiced for sol in line._get_reduced_lines()}
        whole = self._sum_amounts({sol: sol._get_quantity_to_reduce() for sol in billed})
        for index in self._get_indexes(line):
            document = self.documents[index]
            now = [sol for sol in billed if sol in document]
            is_billed_already = self._is_complete(billed)
            if not now and not is_billed_already:
                continue
            for sol in now:
                billed[sol] += document[sol]["quantity"]
            share = get_share(self._sum_amounts(billed), whole, self._is_complete(billed))
            self._take(index, line, deduction, share, self._get_limits(index, line, deduction, is_billed_already))

    def _sum_amounts(self, quantities):
        """Return what some quantities amount to, at most what is ordered of each line."""
        return sum(
            self._to_units(
                self._get_amount(line, {"quantity": min(max(quantity, 0.0), line._get_quantity_to_reduce())})
            )
            for line, quantity in quantities.items()
        )

    def _is_complete(self, quantities):
        return all(line._is_billed_completely(quantity) for line, quantity in quantities.items())

    def _add_down_payment(self, line):
        """Deduct a down payment from the largest invoice first, at most down to zero; the rest waits (``I5``)."""
        deduction = self._get_deduction(line)
        of_order = self._is_complete({sol: sol.qty_invoiced for sol in line._get_reduced_lines()})
        for index in sorted(self._get_indexes(line), key=lambda index: -self._get_bearable(index)[None][INCLUDED]):
            self._take(index, line, deduction, 1, self._get_limits(index, line, deduction, of_order), waits=True)
            if not self.is_limited:
                break

    def _take(self, index, line, deduction, share, limits, waits=False):
        portion = deduction.take(share, limits, waits)
        if portion:
            self.added[index][line] = line._prepare_portion(portion, self._step)
            self._bearable[index] = None

    # === AMOUNTS ===#

    def _to_units(self, amount):
        return round(amount / self.order.currency_id.rounding)

    @staticmethod
    def _get_amount(line, values):
        """Return what some values of an order line amount to at its price."""
        price = values.get("price_unit", line.price_unit)
        return price * (1 - (line.discount or 0.0) / 100.0) * values["quantity"]

    def _get_deduction(self, line):
        """Return what a line deducts, and what is left of it.

        :rtype: Deduction
        """
        total, billed, quantity = line._get_deducted_amounts()
        total = {name: self._to_units(amount) for name, amount in total.items()}
        left = {name: amount - self._to_units(billed[name]) for name, amount in total.items()}
        return Deduction(total, left, round(quantity / self._step), round(abs(line.qty_to_invoice) / self._step))

    # === WHAT AN INVOICE CAN BEAR ===#

    def _get_limits(self, index, line, deduction, of_order=False):
        """Return what an invoice can bear of a deduction: what is billed with the same taxes, or all of the order.

        :param Deduction deduction: what the line deducts
        :param bool of_order: whether it does not matter which taxes the lines have
        :return: amounts by part, ``None`` when anything is allowed
        :rtype: dict[Hashable, int] | None
        """
        if not self.is_limited:
            return None
        bearable = self._get_bearable(index)
        in_all = max(bearable[None][INCLUDED], 0)
        if of_order or any(sol.tax_ids != line.tax_ids for sol in line._get_reduced_lines()):
            return {BASE: in_all * deduction.total[BASE] // max(self._get_included(line, deduction), 1)}
        own = bearable[line.tax_ids._ids]
        if line._has_tax_amounts():
            return {**own, BASE: min(own[BASE], in_all)}
        return {BASE: min(own[PRICE], in_all)}

    def _get_included(self, line, deduction):
        """Return what a line deducts in all, with taxes."""
        if len(deduction.total) > 1 or not line.tax_ids:
            return sum(deduction.total.values())
        return abs(self._to_units(line.price_total))

    def _get_bearable(self, index):
        """Return what is billed of the order on an invoice so far: not more can be deducted.

        :return: amounts by part for the ids of the taxes; what all amounts to, under ``None``
        :rtype: dict[tuple[int, ...] | None, dict[Hashable, int]]
        """
        if self._bearable[index] is None:
            self._bearable[index] = self._compute_bearable({**self.documents[index], **self.added[index]})
        return self._bearable[index]

    def _compute_bearable(self, document):
        bearable = defaultdict(lambda: defaultdict(int))
        in_all = bearable[None]
        lines = self.order.order_line.browse([line.id for line in document])
        for base_line in lines._get_computed_base_lines({line.id: values for line, values in document.items()}):
            line, details = base_line["record"], base_line["tax_details"]
            parts = {tax_data["tax"].id: tax_data["tax_amount_currency"] for tax_data in details["taxes_data"]}
            parts[BASE] = details["total_excluded_currency"] + details["delta_total_excluded_currency"]
            own = bearable[line.tax_ids._ids]
            own[PRICE] += self._to_units(
                base_line["price_unit"] * (1 - base_line["discount"] / 100.0) * base_line["quantity"]
            )
            for name, amount in parts.items():
                own[name] += self._to_units(amount)
                in_all[INCLUDED] += self._to_units(amount)
        return bearable
