"""What several families of environments are built from; one concept a file."""
