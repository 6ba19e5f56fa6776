"""Pages of printed invoices, without the ORM: what a page break must not tear apart.

The program that prints keeps nothing together but a row. A heading and the first line after it therefore become a table
within one row, and so does all that follows the last line. The work is done on the rendered page, so that columns and
rows of any localization take part.
"""

from lxml import etree, html

# what is in a row of a table, "headings" or "lines", and what is to stay on one page
ROWS, KEPT = "data-billing-rows", "data-billing-kept"
HEADINGS = {"o_line_section", "o_line_subsection"}
# all in percent of the width: of a character, of the space around a text, and what the description gets at least
CHARACTER, PADDING, MIN_DESCRIPTION = 1.2, 4.2, 22.0
# a text that may be wrapped is not given more characters than these
MAX_WRAPPED = 13
# longer terms and notes may go on on the next page
MAX_KEPT = 1500


def keep_together(page: bytes | str) -> bytes | str:
    """Return rendered documents as they are to be printed.

    In a table with headings each of them shares a row with the first line after it; all columns have fixed widths, so
    that they are the same within this row. Totals and payment terms are in one row as well.

    :param page: the documents; returned as it is if no table bears the mark
    """
    if (ROWS.encode() if isinstance(page, bytes) else ROWS) not in page:
        return page
    root = html.fromstring(page, parser=html.HTMLParser(encoding="utf-8"))
    for table in root.xpath(f"//table[@{ROWS}]"):
        table.set("class", f"{table.get('class', '')} o_billing_rows")
        if table.get(ROWS) == "headings":
            _keep_headings(table)
        else:
            _merge_empty_heads(table)
    for totals in root.xpath(f"//div[@{KEPT}]"):
        _keep_totals(totals)
    text = etree.tostring(root, encoding="unicode", method="html")
    return text.encode() if isinstance(page, bytes) else text


def _keep_totals(totals):
    """Put the totals, and what stands beside them, into one row."""
    if len(" ".join(totals.text_content().split())) > MAX_KEPT:
        return
    table = etree.Element("table", {"class": "table table-borderless mb-0 o_billing_kept o_ignore_layout_styling"})
    totals.addprevious(table)
    etree.SubElement(etree.SubElement(etree.SubElement(table, "tbody"), "tr"), "td").append(totals)


def _merge_empty_heads(table):
    """Give the place of heads without text to the first one: the rows below have no such cells."""
    for row in table.iterfind("thead/tr"):
        empty = [head for head in row.findall("th")[1:] if not head.text_content().strip()]
        row[0].set("colspan", str(1 + len(empty)))
        for head in empty:
            row.remove(head)


def _keep_headings(table):
    widths = get_column_widths(_get_texts(table))
    bodies = table.findall("tbody")
    rows = [row for body in bodies for row in body.findall("tr")]
    for number, row in enumerate(rows):
        row.set("class", f"{row.get('class', '')} {'o_billing_even' if number % 2 else 'o_billing_odd'}".strip())
    for body in bodies:
        for block in _split_in_blocks(body.findall("tr")):
            _nest(block, widths)
    # not by columns: some layouts draw a frame with an element before them, and then they do not count
    for head, width in zip(table.iterfind("thead/tr/th"), widths, strict=True):
        head.set("style", f"{head.get('style', '')}; width: {width:.2f}%".lstrip("; "))
    table.set("class", f"{table.get('class', '')} o_billing_lines")


def _split_in_blocks(rows):
    """Return the rows to keep together: headings, the notes below them and the first line."""
    blocks, block = [], []
    for row in rows:
        classes = set(row.get("class", "").split())
        is_heading = bool(classes & HEADINGS)
        if block and (not is_heading or "o_line_note" in block[-1].get("class")):
            if not is_heading:
                block.append(row)
            if is_heading or "o_line_note" not in classes:
                blocks.append(block)
                block = []
        if is_heading:
            block.append(row)
    return blocks


def _nest(rows, widths):
    """Put these rows into a table within one row."""
    outer = etree.Element("tr", {"class": "o_billing_block"})
    rows[0].addprevious(outer)
    cell = etree.SubElement(outer, "td", colspan=str(len(widths)))
    # the layout's lines are those of the table around
    nested = etree.SubElement(cell, "table", {"class": "table table-borderless mb-0 o_ignore_layout_styling"})
    columns = etree.SubElement(nested, "colgroup")
    for width in widths:
        etree.SubElement(columns, "col", style=f"width: {width:.2f}%")
    etree.SubElement(nested, "tbody").extend(rows)


# === WIDTHS ===#


def _get_texts(table):
    """Return the longest text of each column that is not broken, with the name of the column.

    :rtype: list[tuple[str, int]]
    """
    heads = table.findall("thead/tr/th")
    texts = [_measure_head(head) for head in heads]
    for row in table.iterfind("tbody/tr"):
        cells = row.findall("td")
        if len(cells) == len(heads):
            texts = list(map(max, texts, map(_measure, cells)))
        elif set(row.get("class", "").split()) & HEADINGS:
            # the subtotal is in bold
            texts[-1] = max(texts[-1], _measure(cells[-1]) + 1)
    return [(head.get("name", ""), text) for head, text in zip(heads, texts, strict=True)]


def _measure_head(head):
    words = head.text_content().split()
    if "text-nowrap" in head.get("class", ""):
        return len(" ".join(words))
    return max(map(len, words), default=0)


def _measure(cell):
    text = " ".join(cell.text_content().split())
    # a block, such as the discount below a price, is on a line of its own
    blocks = [" ".join(block.text_content().split()) for block in cell.iterfind("div")]
    length = max(len(text) - sum(len(block) + 1 for block in blocks), *map(len, blocks), 0)
    if "text-nowrap" in cell.get("class", "") or cell.find(".//*[@class='text-nowrap']") is not None:
        return length
    return min(length, MAX_WRAPPED)


def get_column_widths(columns: list[tuple[str, int]]) -> list[float]:
    """Return the width of each column: what its texts need, and the rest for the description.

    :param columns: name and number of characters of the longest text
    :return: percents that add up to 100
    """
    names = [name for name, _text in columns]
    wide = names.index("th_description") if "th_description" in names else 0
    widths = [text * CHARACTER + PADDING for _name, text in columns]
    others = sum(widths) - widths[wide]
    scale = min(1.0, (100.0 - MIN_DESCRIPTION) / others) if others else 1.0
    widths = [width * scale for width in widths]
    widths[wide] = 100.0 - others * scale
    return widths
