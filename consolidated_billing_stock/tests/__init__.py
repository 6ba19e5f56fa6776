from . import test_installation, test_month_of_delivery, test_months_pure
