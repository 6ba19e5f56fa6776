from . import (
    test_access_of_headers,
    test_header_fiscal,
    test_header_stock,
    test_installation,
    test_rewards_and_charges,
)
