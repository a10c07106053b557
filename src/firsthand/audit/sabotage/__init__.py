"""Environments broken on purpose, to test who notices."""

from firsthand.audit.sabotage.broken_worlds import sabotage as sabotage
from firsthand.audit.sabotage.broken_worlds import sabotaged as sabotaged
from firsthand.audit.sabotage.broken_worlds import sabotages as sabotages
