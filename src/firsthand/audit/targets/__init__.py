"""What can be audited: files, environments and data sets behind one protocol."""
