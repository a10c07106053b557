"""Environments broken on purpose, to test who notices."""

from firsthand.audit.sabotage.catalogue import sabotage as sabotage
from firsthand.audit.sabotage.catalogue import sabotaged as sabotaged
from firsthand.audit.sabotage.catalogue import sabotages as sabotages
