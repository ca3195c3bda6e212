"""From the rows of EQdkp Plus to what a guild is here (O-1, O-2)."""
