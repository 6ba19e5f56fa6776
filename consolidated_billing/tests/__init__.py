from . import (
    test_grouping_account,
    test_invoice_content,
    test_merge_key,
    test_source_examples,
)
