from . import test_installation, test_rewards_and_charges
