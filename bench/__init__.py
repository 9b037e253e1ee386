"""How fast it is, as ratios taken in one run: ``python -m bench``. One module a subject; nothing else imports this."""
