"""EQdkp Plus: its database read, and its numbers reckoned as it reckons them."""
