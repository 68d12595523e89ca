"""Notebooks run headless and paired, figures with their records, claims, the ledger, digests of what decides them."""
