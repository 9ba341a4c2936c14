"""Exact answers: closed forms and small Markov chains, each with its source. No simulation here."""
