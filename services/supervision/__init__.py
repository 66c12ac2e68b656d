"""督查监督: ledgers, plan review, visits, evaluation, closing, reopening, long-term watch."""
