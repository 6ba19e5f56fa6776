from . import (
    test_grouping_account,
    test_grouping_account_in_use,
    test_merge_key_pure,
    test_order_fields,
    test_rerouting,
    test_source_examples,
)
