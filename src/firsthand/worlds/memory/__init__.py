"""Worlds in which what was shown once is needed later, or stands somewhere among much else."""
